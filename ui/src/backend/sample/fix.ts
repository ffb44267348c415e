import type { FixPlan } from '../bindings/FixPlan';
import type { FixRequest } from '../bindings/FixRequest';
import type { ScanReport } from '../bindings/ScanReport';

const BEFORE = `# syntax=docker/dockerfile:1
FROM maven:3.9-eclipse-temurin-21 AS build
WORKDIR /src
COPY . .
RUN mvn -q -DskipTests package

FROM registry.example/acme/java-rt:21
RUN apt-get update && apt-get install -y git openssh-client sqlite3 && curl -fsSL https://get.example/agent.sh | sh
COPY --from=build /src/target/orders-api.jar /app/orders-api.jar
COPY config/ /app/config/
RUN useradd --system orders && rm /app/config/.npmrc /root/.bash_history && mkdir -m 777 /app/uploads && chown -R orders /app
ARG ORDERS_DB_PASSWORD
ENV ORDERS_DB_PASSWORD=$ORDERS_DB_PASSWORD
EXPOSE 22 8080
ENTRYPOINT java -jar /app/orders-api.jar
`;

const AFTER = BEFORE.replace(
  'FROM registry.example/acme/java-rt:21\n',
  `FROM registry.example/acme/java-rt:22
# Security upgrades of what the base brings
RUN apt-get update \\
 && apt-get install -y --only-upgrade --no-install-recommends \\
      libc6 libssl3 libexpat1 libgnutls30 openssl zlib1g \\
 && rm -rf /var/lib/apt/lists/*
`,
);

const DIFF = `--- a/services/orders/Containerfile
+++ b/services/orders/Containerfile
@@ -4,7 +4,12 @@
 COPY . .
 RUN mvn -q -DskipTests package
 
-FROM registry.example/acme/java-rt:21
+FROM registry.example/acme/java-rt:22
+# Security upgrades of what the base brings
+RUN apt-get update \\
+ && apt-get install -y --only-upgrade --no-install-recommends \\
+      libc6 libssl3 libexpat1 libgnutls30 openssl zlib1g \\
+ && rm -rf /var/lib/apt/lists/*
 RUN apt-get update && apt-get install -y git openssh-client sqlite3 && curl -fsSL https://get.example/agent.sh | sh
 COPY --from=build /src/target/orders-api.jar /app/orders-api.jar
 COPY config/ /app/config/
`;

export function samplePlan(request: FixRequest, report: ScanReport): FixPlan {
  const counted = report.findings.filter((finding) => finding.apart === null);
  const fixable = counted.filter((finding) => finding.status === 'fixed');
  const half = Math.floor(fixable.length * 0.6);
  const keys = fixable.map((finding) => finding.key);
  const waiting = counted.filter((finding) => finding.status !== 'fixed').map((f) => f.key);
  const nothing = request.containerfile?.includes('frozen') ?? false;
  const clears = nothing ? [] : keys.slice(0, -4);
  return {
    schema_version: '1.0',
    config_digest: request.config_digest,
    containerfile: request.containerfile ?? '',
    diff_path: 'services/orders/Containerfile',
    diff: nothing ? '' : DIFF,
    before: BEFORE,
    after: nothing ? BEFORE : AFTER,
    hunks: nothing
      ? []
      : [
          {
            title: 'Newer base: java-rt 21 → 22, an image here',
            line: 7,
            clears: clears.slice(0, half),
            evidence: 'registry.example/acme/java-rt:22 is here and was scanned 2 h ago',
          },
          {
            title: 'Upgrade 6 packages in the last stage',
            line: 8,
            clears: clears.slice(half),
            evidence: 'fixed versions are in bookworm-security, which the image’s sources name',
          },
        ],
    clears,
    stays: [
      ...(waiting.length > 0
        ? [{ reason: 'Debian has no fixed version yet', findings: waiting }]
        : []),
      {
        reason: nothing
          ? 'The archive `bookworm-security` has the fix and is not among the image’s sources'
          : 'Installed from a .deb file, not by apt: not fixable here yet',
        findings: nothing ? keys : keys.slice(-4),
      },
    ],
    review: nothing
      ? []
      : [
          'java-rt 22 is another Java major version: read its release notes before you take it.',
          'Line 8 installs git and openssh-client without --no-install-recommends.',
        ],
    match_ratio: 0.83,
    match_statement:
      '5 of 6 instructions of the last stage match the image’s history; line 10 differs.',
  };
}
