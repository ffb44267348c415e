//! Updating from mirrors: every feed that an image needs, from one server on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use outcrop_tests::archive::{Image, Layer};
use outcrop_tests::programs::User;
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;
use serde_json::json;
use zip::write::SimpleFileOptions;

use crate::broken::saved;

/// Documents by their path.
type Documents = Arc<BTreeMap<&'static str, Vec<u8>>>;

/// Serves documents until the test ends; the address.
fn serve(documents: BTreeMap<&'static str, Vec<u8>>) -> Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = format!("http://{}", listener.local_addr()?);
    let documents = Arc::new(documents);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let documents = Arc::clone(&documents);
            thread::spawn(move || answer(stream, &documents));
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream, documents: &Documents) -> Result<()> {
    let mut request = String::new();
    let mut lines = BufReader::new(stream.try_clone()?);
    lines.read_line(&mut request)?;
    let path = request.split(' ').nth(1).unwrap_or_default();
    let mut line = String::new();
    while lines.read_line(&mut line)? > 2 {
        line.clear();
    }
    let (status, body) = match documents.get(path) {
        Some(body) => ("200 OK", body.as_slice()),
        None => ("404 Not Found", &[][..]),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    Ok(stream.write_all(body)?)
}

fn zipped(name: &str, content: &str) -> Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut zip = zip::ZipWriter::new(&mut bytes);
    zip.start_file(name, SimpleFileOptions::default())?;
    zip.write_all(content.as_bytes())?;
    zip.finish()?;
    Ok(bytes.into_inner())
}

fn gzipped(content: &str) -> Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(content.as_bytes())?;
    Ok(gzip.finish()?)
}

fn documents() -> Result<BTreeMap<&'static str, Vec<u8>>> {
    let record = json!({
        "id": "PYSEC-2026-1",
        "modified": "2026-01-01T00:00:00Z",
        "aliases": ["CVE-2026-1001"],
        "affected": [{
            "package": { "ecosystem": "PyPI", "name": "example" },
            "ranges": [{
                "type": "ECOSYSTEM",
                "events": [{ "introduced": "0" }, { "fixed": "2.0" }],
            }],
        }],
    });
    let exploited = json!({
        "title": "Known exploited",
        "catalogVersion": "2026.01.02",
        "dateReleased": "2026-01-02T00:00:00.0000Z",
        "count": 1,
        "vulnerabilities": [{
            "cveID": "CVE-2026-1001",
            "dateAdded": "2026-01-02",
            "dueDate": "2026-01-23",
            "knownRansomwareCampaignUse": "Unknown",
        }],
    });
    let support = json!({
        "schema_version": "1.2.0",
        "generated_at": "2026-01-02T00:00:00+00:00",
        "total": 1,
        "result": [{
            "name": "alpine-linux",
            "releases": [{ "name": "3.22", "isEol": false, "eolFrom": "2027-05-01" }],
        }],
    });
    let scores = "#model_version:v2025.03.14,score_date:2026-01-02T00:00:00Z\n\
        cve,epss,percentile\nCVE-2026-1001,0.5,0.97\n";
    Ok(BTreeMap::from([
        (
            "/osv/PyPI/modified_id.csv",
            b"2026-01-01T00:00:00Z,PYSEC-2026-1\n".to_vec(),
        ),
        (
            "/osv/PyPI/all.zip",
            zipped("PYSEC-2026-1.json", &record.to_string())?,
        ),
        ("/kev.json", exploited.to_string().into_bytes()),
        ("/epss.csv.gz", gzipped(scores)?),
        ("/support.json", support.to_string().into_bytes()),
    ]))
}

/// What the mirrors have reaches a kept scan, and they are remembered.
pub(crate) fn all_feeds() -> Outcome {
    let user = User::new()?;
    let layer = Layer::default().file(
        "usr/lib/python3/site-packages/example-1.0.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: example\nVersion: 1.0\n\n",
    )?;
    let image = Image::default().layer(layer)?;
    let image = saved(&user, &image.docker_archive("test/python:1")?)?;
    let scan = || -> Result<Scan> {
        user.run(["scan", "--format", "json", &image])?
            .exits(0)?
            .json()
    };
    ensure!(scan()?.findings.is_empty(), "there are records already");

    let address = serve(documents()?)?;
    let mirrors = [
        format!("osv={address}/osv"),
        format!("kev={address}/kev.json"),
        format!("epss={address}/epss.csv.gz"),
        format!("end-of-life={address}/support.json"),
    ];
    let mut line = vec!["advisories", "update"];
    for mirror in &mirrors {
        line.extend(["--mirror", mirror]);
    }
    user.run(&line)?.exits(0)?.prints(&[
        "PyPI",
        "kev",
        "epss",
        "end-of-life",
        "newly affected: example by CVE-2026-1001",
    ])?;
    let found = scan()?;
    let finding = found.findings.first().context("nothing was found")?;
    ensure!(
        finding.fixed_version.as_deref() == Some("2.0"),
        "{finding:?}"
    );
    user.run(["explain", "CVE-2026-1001", &image])?
        .exits(0)?
        .prints(&["2026-01-02", "PYSEC-2026-1"])?;

    let again = user.run(["advisories", "update"])?.exits(0)?;
    ensure!(!again.stdout.contains("affected"), "{}", again.stdout);

    // One mirror that is gone costs its own feed alone, and what was there stays.
    let gone = format!("kev={address}/gone.json");
    user.run(["advisories", "update", "--mirror", &gone])?
        .exits(3)?;
    ensure!(scan()?.findings.len() == 1, "the good set is gone");
    Ok(())
}

/// What is no mirror is refused before anything is fetched.
pub(crate) fn refused() -> Outcome {
    let user = User::new()?;
    for mirror in ["kev", "none=https://a", "kev=ftp://a"] {
        user.run(["advisories", "update", "--mirror", mirror])?
            .exits(2)?;
    }
    Ok(())
}
