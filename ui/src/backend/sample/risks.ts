/** Made-up risks over the sample's layers, in the shape the program sends. */
import type { Layer } from '../bindings/Layer';
import type { Risk } from '../bindings/Risk';
import type { RiskCheck } from '../bindings/RiskCheck';
import type { RiskCounts } from '../bindings/RiskCounts';
import type { RiskNote } from '../bindings/RiskNote';
import type { RiskReference } from '../bindings/RiskReference';
import type { Severity } from '../bindings/Severity';
import { severityRank } from '../../severity';

const CIS_BENCHMARK = 'https://www.cisecurity.org/benchmark/docker';
const cis = (section: string): RiskReference => ({
  name: `CIS Docker Benchmark 1.6.0, ${section}`,
  url: CIS_BENCHMARK,
});
const nist = (section: string): RiskReference => ({
  name: `NIST SP 800-190, ${section}`,
  url: 'https://doi.org/10.6028/NIST.SP.800-190',
});

type Sketch = Omit<RiskCheck, 'id'> & { readonly containerfile?: string };

const MOUNT = 'RUN --mount=type=secret,id=NAME COMMAND';

const CHECKS: Readonly<Record<string, Sketch>> = {
  'secret-in-file': {
    title: 'Secret in a file',
    group: 'secrets',
    severity: 'high',
    why: 'Whoever can pull the image has the secret, also where a later layer deletes the file.',
    remedy: 'Rotate it. Then keep it out of the build context, and mount it while building.',
    references: [cis('4.10'), nist('4.1.4')],
    containerfile: MOUNT,
  },
  'secret-in-environment': {
    title: 'Secret in a variable',
    group: 'secrets',
    severity: 'high',
    why: 'Variables stand in the configuration of the image, which everyone who can pull it reads.',
    remedy: 'Rotate it. Then give it to the container when it starts.',
    references: [cis('4.10')],
  },
  'root-user': {
    title: 'Runs as root',
    group: 'configuration',
    severity: 'medium',
    why: 'A process that breaks out of a container that runs as root is root outside of it, unless user namespaces are in use.',
    remedy: 'Create a user for the program and name it in the last stage.',
    references: [cis('4.1'), nist('4.1.2')],
    containerfile: 'USER 65532:65532',
  },
  'exposed-port': {
    title: 'Remote administration exposed',
    group: 'configuration',
    severity: 'medium',
    why: 'A container is administrated through its engine; a login service in it is one more door.',
    remedy: 'Leave the service and its port out.',
    references: [cis('5.6')],
  },
  'piped-to-shell': {
    title: 'Download run unseen',
    group: 'configuration',
    severity: 'medium',
    why: 'What the address serves at the next build is run as it comes, and nothing notices a change.',
    remedy: 'Download a fixed version, compare its digest, then run it.',
    references: [nist('4.1.5')],
    containerfile:
      'ADD --checksum=sha256:DIGEST https://get.example/agent-3.2.sh /tmp/agent.sh\nRUN sh /tmp/agent.sh && rm /tmp/agent.sh',
  },
  'no-health-check': {
    title: 'No health check',
    group: 'configuration',
    severity: 'low',
    why: 'An engine cannot tell a program that hangs from one that works.',
    remedy: 'Name a command that tells whether the program answers.',
    references: [cis('4.6')],
    containerfile: 'HEALTHCHECK CMD ["/app/healthy"]',
  },
  'shell-form': {
    title: 'Started by a shell',
    group: 'configuration',
    severity: 'low',
    why: 'The shell is process 1 then and does not hand signals on: the program is killed, not stopped.',
    remedy: 'Write the words of the command as a JSON array.',
    references: [],
    containerfile: 'ENTRYPOINT ["java", "-jar", "/app/orders-api.jar"]',
  },
  'package-cache': {
    title: 'Package lists left behind',
    group: 'configuration',
    severity: 'negligible',
    why: 'They make the image larger, and an install from old lists fails or takes old versions.',
    remedy: 'Remove them in the instruction that fetched them.',
    references: [],
    containerfile: 'RUN apt-get update && apt-get install -y … && rm -rf /var/lib/apt/lists/*',
  },
  'no-provenance': {
    title: 'Source not named',
    group: 'configuration',
    severity: 'negligible',
    why: 'Nobody can tell which sources this image was built from.',
    remedy: 'Name the repository and the revision in labels.',
    references: [{ name: 'OCI image specification, annotations', url: null }],
    containerfile: 'LABEL org.opencontainers.image.revision=$REVISION',
  },
  'writable-program': {
    title: 'Program that everyone may write',
    group: 'files',
    severity: 'high',
    why: 'Whoever gets into the container as any user replaces a program that others run.',
    remedy: 'Take the right to write away from everyone but the owner.',
    references: [nist('4.1.2')],
    containerfile: 'RUN chmod go-w /usr/local/bin/wait-for-it.sh',
  },
  'world-writable-folder': {
    title: 'Folder that everyone may write',
    group: 'files',
    severity: 'medium',
    why: 'Without the sticky bit every user may replace or delete the files of the others in it.',
    remedy: 'Give the folder to the user of the program, or set the sticky bit.',
    references: [nist('4.1.2')],
    containerfile: 'RUN chmod 0750 PATH',
  },
  'repository-left': {
    title: 'Repository left in the image',
    group: 'files',
    severity: 'medium',
    why: 'It tells the whole history of the sources, and often the address and the login of a server.',
    remedy: 'Name `.git` in `.dockerignore`.',
    references: [],
  },
  'shell-history': {
    title: 'Shell history',
    group: 'files',
    severity: 'medium',
    why: 'What was typed often holds addresses, names and passwords.',
    remedy: 'Do not build an image from a container that was worked in.',
    references: [],
  },
  'setuid-program': {
    title: 'Setuid program',
    group: 'files',
    severity: 'low',
    why: 'A fault in a program that runs as its owner gives everyone the owner’s rights.',
    remedy: 'Take the bit away where no program of the image needs it.',
    references: [cis('4.8')],
    containerfile: 'RUN chmod u-s PATH',
  },
  'setgid-program': {
    title: 'Setgid program',
    group: 'files',
    severity: 'low',
    why: 'A fault in a program that runs with its group gives everyone the group’s rights.',
    remedy: 'Take the bit away where no program of the image needs it.',
    references: [cis('4.8')],
    containerfile: 'RUN chmod g-s PATH',
  },
  'no-owner': {
    title: 'Files of nobody',
    group: 'files',
    severity: 'low',
    why: 'A user that is created later with that number gets these files.',
    remedy: 'Copy them with an owner that the image knows.',
    references: [cis('4.1')],
    containerfile: 'COPY --chown=orders config/ /app/config/',
  },
};

type Change = Partial<Risk> & { readonly check: string; readonly message: string };

const secret = (kind: string, title: string, shown: string): Partial<Risk> => ({
  title,
  secret: { kind, shown },
});
const setuid = (path: string, by: string, mode = '4755'): Change => ({
  check: mode.startsWith('2') ? 'setgid-program' : 'setuid-program',
  message: `\`/${path}\` has mode ${mode}`,
  path,
  layer: 0,
  package: { kind: 'deb', name: by },
});

/** What the application's own layers and configuration bring. */
const OWN: readonly Change[] = [
  {
    check: 'secret-in-file',
    ...secret('aws-access-key', 'AWS access key', 'AK…7Q'),
    message: 'an AWS access key stands in `/app/config/.env` at line 3',
    severity: 'critical',
    path: 'app/config/.env',
    line: 3,
    layer: 8,
  },
  {
    check: 'secret-in-file',
    ...secret('npm-access-token', 'npm access token', 'np…4f'),
    message: 'an npm access token stands in `/app/config/.npmrc` at line 1',
    severity: 'critical',
    path: 'app/config/.npmrc',
    line: 1,
    layer: 8,
    hidden_in: 9,
  },
  {
    check: 'secret-in-file',
    ...secret('private-key', 'Private key', '--…--'),
    message: 'a private key stands in `/app/config/tls/orders.key` at line 1',
    path: 'app/config/tls/orders.key',
    line: 1,
    layer: 8,
  },
  {
    check: 'secret-in-environment',
    ...secret('password', 'Password', ''),
    message: 'the variable `ORDERS_DB_PASSWORD` has a password',
    instruction: 'ENV ORDERS_DB_PASSWORD=…',
    history_index: 11,
  },
  {
    check: 'writable-program',
    message: '`/usr/local/bin/wait-for-it.sh` has mode 0777',
    path: 'usr/local/bin/wait-for-it.sh',
    layer: 6,
  },
  { check: 'root-user', message: 'no USER is set, so a container runs as root' },
  {
    check: 'exposed-port',
    message: 'port `22/tcp` is for remote administration',
    instruction: 'EXPOSE map[22/tcp:{} 8080/tcp:{}]',
    history_index: 12,
  },
  {
    check: 'piped-to-shell',
    message: 'the output of `curl` is run by `sh`',
    layer: 6,
  },
  {
    check: 'world-writable-folder',
    message: '`/app/uploads` has mode 0777 and no sticky bit',
    path: 'app/uploads',
    layer: 9,
  },
  {
    check: 'repository-left',
    message: '`/app/config/.git` is a repository of git',
    path: 'app/config/.git',
    layer: 8,
  },
  {
    check: 'shell-history',
    message: '`/root/.bash_history` holds what was typed in a shell',
    path: 'root/.bash_history',
    layer: 6,
    hidden_in: 9,
  },
  { check: 'no-health-check', message: 'no HEALTHCHECK is set' },
  {
    check: 'shell-form',
    message: 'ENTRYPOINT is a line for the shell: `java -jar /app/orders-api.jar`',
    instruction: 'ENTRYPOINT ["/bin/sh" "-c" "java -jar /app/orders-api.jar"]',
    history_index: 13,
  },
  {
    check: 'no-owner',
    message: '17 files belong to a user that `/etc/passwd` does not name: 1001',
    path: 'app/config/application.yaml',
    layer: 8,
  },
  { ...setuid('usr/bin/ssh-agent', 'openssh-client', '2755'), layer: 6 },
  {
    check: 'package-cache',
    message: 'the lists of `apt-get update` stay in the layer',
    layer: 6,
  },
  { check: 'no-provenance', message: 'no label names the revision of the sources' },
];

/** What the images below bring. */
const INHERITED: readonly Change[] = [
  setuid('usr/bin/passwd', 'passwd'),
  setuid('usr/bin/su', 'util-linux'),
  setuid('usr/bin/mount', 'mount'),
  setuid('usr/bin/umount', 'mount'),
  setuid('usr/bin/chfn', 'passwd'),
  setuid('usr/bin/chsh', 'passwd'),
  setuid('usr/bin/gpasswd', 'passwd'),
  setuid('usr/bin/newgrp', 'login'),
  setuid('usr/bin/chage', 'passwd', '2755'),
  setuid('usr/bin/expiry', 'passwd', '2755'),
  setuid('usr/sbin/unix_chkpwd', 'libpam-modules', '2755'),
  {
    check: 'world-writable-folder',
    message: '`/usr/local/share/acme/spool` has mode 0777 and no sticky bit',
    path: 'usr/local/share/acme/spool',
    layer: 3,
  },
];

function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const letter of text) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(letter.codePointAt(0) ?? 0)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

function riskOf(change: Change, layers: readonly Layer[], salt = ''): Risk {
  const check = CHECKS[change.check];
  if (check === undefined) throw new Error(`no check ${change.check}`);
  const layer = change.layer === undefined || change.layer === null ? null : layers[change.layer];
  return {
    title: check.title,
    group: check.group,
    severity: check.severity,
    layer: null,
    history_index: layer?.history_index ?? null,
    instruction: layer?.instruction ?? '',
    owner: layer?.owner ?? 'this image',
    inherited: (layer?.ancestor ?? null) !== null,
    hidden_in: null,
    path: null,
    line: null,
    package: null,
    secret: null,
    remedy: check.remedy,
    containerfile: check.containerfile?.replace('PATH', `/${change.path ?? ''}`) ?? null,
    fingerprint: fingerprint(`${change.check} ${change.path ?? change.message} ${salt}`),
    ...change,
    visible: (change.hidden_in ?? null) === null,
  };
}

export interface SampleRisks {
  readonly risks: Risk[];
  readonly risk_counts: RiskCounts;
  readonly risk_checks: RiskCheck[];
}

/** Which of them: as they are, none of the image's own, none at all, or so many. */
export type RiskAmount = 'some' | 'inherited' | 'none' | number;

export function sampleRisks(amount: RiskAmount, layers: readonly Layer[]): SampleRisks {
  const changes =
    amount === 'none' ? [] : amount === 'inherited' ? INHERITED : [...OWN, ...INHERITED];
  const risks = changes.map((change) => riskOf(change, layers));
  const folder = CHECKS['world-writable-folder'];
  for (
    let index = risks.length;
    typeof amount === 'number' && index < amount && folder;
    index += 1
  ) {
    const path = `${index % 3 === 0 ? 'usr/lib/jvm' : 'app/node_modules'}/module-${index}/cache`;
    risks.push(
      riskOf(
        {
          check: 'world-writable-folder',
          message: `\`/${path}\` has mode 0777 and no sticky bit`,
          path,
          severity: (['medium', 'low', 'negligible'] as const)[index % 3] ?? 'low',
          layer: index % 3 === 0 ? 4 : 7,
        },
        layers,
      ),
    );
  }
  risks.sort((a, b) => severityRank(a.severity) - severityRank(b.severity));
  const seen = new Set(risks.map((risk) => risk.check));
  return {
    risks,
    risk_counts: countsOf(risks),
    risk_checks: Object.entries(CHECKS).flatMap(([id, check]) => {
      const { title, group, severity, why, remedy, references } = check;
      return seen.has(id) ? [{ id, title, group, severity, why, remedy, references }] : [];
    }),
  };
}

function countsOf(risks: readonly Risk[]): RiskCounts {
  const count = (severity: Severity) => risks.filter((risk) => risk.severity === severity).length;
  return {
    critical: count('critical'),
    high: count('high'),
    medium: count('medium') + count('unknown'),
    low: count('low'),
    negligible: count('negligible'),
    brought_here: risks.filter((risk) => !risk.inherited).length,
  };
}

export const sampleNotes: RiskNote[] = [
  {
    layer: 0,
    path: 'usr/share/misc/magic.mgc',
    message: 'the layer ends inside this file: what follows was not looked at',
  },
  {
    layer: 0,
    path: 'var/log/journal/dump.log',
    message: 'only the first 1 MB was searched for secrets',
  },
];
