/** The keywords of a Containerfile (Dockerfile reference, "Overview"), for drawing only. */
const INSTRUCTION =
  /^(\s*(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR))(?=\s)/i;

export function splitInstruction(line: string): { keyword: string; rest: string } {
  const keyword = INSTRUCTION.exec(line)?.[1] ?? '';
  return { keyword, rest: line.slice(keyword.length) };
}
