-- Times are microseconds since 1970-01-01 UTC.

-- "Outc"
PRAGMA application_id = 1333097571;

-- One set of records of an ecosystem. A new set is written beside the current one and then takes
-- its place in one step, so that a failed import costs nothing.
CREATE TABLE feeds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- OSV's name of the ecosystem, without a release
    ecosystem TEXT NOT NULL,
    -- 0 being written, 1 current, 2 replaced and to be removed
    state INTEGER NOT NULL,
    -- last sign of life of the import that writes it
    touched_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    etag TEXT,
    starter INTEGER NOT NULL,
    -- newest `modified` of its records that does not lie in the future
    newest_modified INTEGER,
    imported_at INTEGER,
    records INTEGER NOT NULL DEFAULT 0,
    problems INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX current_feed ON feeds (ecosystem) WHERE state = 1;

-- Records without their affected packages, withdrawn ones included.
CREATE TABLE records (
    feed INTEGER NOT NULL,
    id TEXT NOT NULL,
    -- JSON of the record, `affected` empty
    head TEXT NOT NULL,
    -- JSON list of [ecosystem, name]: its rows in `affected`
    places TEXT NOT NULL,
    PRIMARY KEY (feed, id)
) STRICT;

-- What records say of one name in one ecosystem and release; none of a withdrawn record.
CREATE TABLE affected (
    feed INTEGER NOT NULL,
    ecosystem TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    -- JSON list of entries
    entries TEXT NOT NULL,
    PRIMARY KEY (feed, ecosystem, name, record)
) STRICT, WITHOUT ROWID;

-- `affected` by name, joined once the set is whole: a match reads one row a name, and a row costs
-- more than what stands in it.
CREATE TABLE candidates (
    feed INTEGER NOT NULL,
    ecosystem TEXT NOT NULL,
    name TEXT NOT NULL,
    joined TEXT NOT NULL,
    PRIMARY KEY (feed, ecosystem, name)
) STRICT;

CREATE TABLE layer_reports (
    diff_id BLOB NOT NULL,
    -- which analysers, versions and limits made the report
    analysis TEXT NOT NULL,
    report BLOB NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (diff_id, analysis)
) STRICT;

-- A source's own name of a layer and the diff ID that was computed from its bytes.
CREATE TABLE layer_links (
    source TEXT NOT NULL PRIMARY KEY,
    diff_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE scans (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    config_digest BLOB NOT NULL,
    engine TEXT,
    scanned_at INTEGER NOT NULL,
    inventory BLOB NOT NULL,
    inventory_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX scans_by_config ON scans (config_digest, scanned_at);

CREATE TABLE scan_references (
    reference TEXT NOT NULL,
    scan INTEGER NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
    PRIMARY KEY (reference, scan)
) STRICT, WITHOUT ROWID;
CREATE INDEX scan_references_by_scan ON scan_references (scan);

CREATE TABLE associations (
    -- image repository with its tag
    reference TEXT NOT NULL PRIMARY KEY,
    containerfile TEXT NOT NULL,
    target TEXT,
    -- JSON object
    build_arguments TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is known of an image besides its scans: the store does not look inside.
CREATE TABLE known_images (
    config_digest BLOB PRIMARY KEY,
    facts BLOB NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
