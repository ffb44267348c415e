-- Several feeds may speak of one ecosystem, and a feed may come in parts.

-- `FeedKind::as_str`
ALTER TABLE feeds ADD COLUMN kind TEXT NOT NULL DEFAULT 'osv';
-- As `v3.10/main`; empty for a feed that comes whole
ALTER TABLE feeds ADD COLUMN part TEXT NOT NULL DEFAULT '';
-- When the publisher says that it was exported
ALTER TABLE feeds ADD COLUMN exported_at INTEGER;
-- What stands in its rows of `records`, `affected` and `candidates`
ALTER TABLE feeds ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;

DROP INDEX current_feed;
CREATE UNIQUE INDEX current_feed ON feeds (ecosystem, kind, part) WHERE state = 1;

-- Made again from `affected` after these statements.
DROP TABLE candidates;
CREATE TABLE candidates (
    feed INTEGER NOT NULL,
    ecosystem TEXT NOT NULL,
    name TEXT NOT NULL,
    -- as `candidate_encoding.rs` writes them
    joined BLOB NOT NULL,
    PRIMARY KEY (feed, ecosystem, name)
) STRICT;

-- What others than publishers of advisories say of CVEs, and which releases are at their end.
CREATE TABLE enrichment_sets (
    -- `EnrichmentKind::as_str`
    kind TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    etag TEXT,
    exported_at INTEGER,
    imported_at INTEGER NOT NULL,
    records INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE enrichments (
    kind TEXT NOT NULL,
    -- a CVE, or for ends of life a product
    key TEXT NOT NULL,
    -- JSON
    value TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- A table of its own because every CVE has a row.
CREATE TABLE epss (
    -- year and number of the CVE, as `cve_number` puts them together
    cve INTEGER PRIMARY KEY,
    -- in millionths
    probability INTEGER NOT NULL,
    percentile INTEGER NOT NULL
) STRICT;

-- The findings of each image as they were last judged, to compare the next judgement with.
CREATE TABLE judged_findings (
    config_digest BLOB NOT NULL PRIMARY KEY,
    judged_at INTEGER NOT NULL,
    -- JSON list
    findings TEXT NOT NULL
) STRICT;

CREATE TABLE finding_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    config_digest BLOB NOT NULL,
    finding TEXT NOT NULL,
    vulnerability TEXT NOT NULL,
    package TEXT NOT NULL,
    -- `FindingChange::as_str`
    change TEXT NOT NULL,
    -- JSON, as the program that compared them gave it
    before TEXT,
    after TEXT,
    at INTEGER NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX finding_events_by_config ON finding_events (config_digest, id);

PRAGMA user_version = 2;
