//! Layer semantics of packages are tested with the real catalogers in `outcrop-catalog`; here is
//! what concerns layers alone.

use outcrop_model::Digest;

use super::*;
use crate::fixtures::TarFixture;
use crate::layer::analyse_layer;
use crate::limits::Limits;

fn reports(layers: Vec<TarFixture>) -> (Vec<DiffId>, Vec<Option<Arc<LayerReport>>>) {
    let reports: Vec<Option<Arc<LayerReport>>> = layers
        .into_iter()
        .map(|layer| {
            let bytes = layer.bytes();
            analyse_layer(
                &mut &bytes[..],
                &[],
                None,
                &Limits::DEFAULT,
                &Cancellation::new(),
            )
            .map(|read| Arc::new(read.report))
            .ok()
        })
        .collect();
    let diff_ids = reports
        .iter()
        .flatten()
        .map(|report| report.diff_id)
        .collect();
    (diff_ids, reports)
}

fn hidden(layers: Vec<TarFixture>) -> Vec<u64> {
    let (diff_ids, reports) = reports(layers);
    squash(&diff_ids, &reports, &[], &Cancellation::new())
        .unwrap()
        .layers
        .iter()
        .map(|layer| layer.hidden_bytes)
        .collect()
}

fn base() -> TarFixture {
    TarFixture::new()
        .folder("a/")
        .folder("a/b/")
        .file("a/one", [0; 1])
        .file("a/b/two", [0; 20])
        .file("three", [0; 300])
}

#[test]
fn hidden_bytes_are_those_of_lower_files_that_are_gone() {
    let over = TarFixture::new;
    for (what, layer, expected) in [
        ("nothing", over().file("a/new", [0; 9]), 0),
        ("overwritten", over().file("a/one", ""), 1),
        ("removed", over().file(".wh.three", ""), 300),
        ("folder removed", over().file(".wh.a", ""), 21),
        ("inner folder removed", over().file("a/.wh.b", ""), 20),
        ("opaque", over().folder("a/").file("a/.wh..wh..opq", ""), 21),
        ("opaque root", over().file(".wh..wh..opq", ""), 321),
        ("folder replaced by a file", over().file("a", ""), 21),
        (
            "folder replaced by a link",
            over().symbolic_link("a/b", "/x"),
            20,
        ),
        ("file replaced by a folder", over().folder("three/"), 300),
        ("file below a link's place", over().file("three/x", ""), 0),
        ("folder again", over().folder("a/").folder("a/b/"), 0),
        ("whiteout of nothing", over().file(".wh.absent", ""), 0),
    ] {
        assert_eq!(hidden(vec![base(), layer]), [0, expected], "{what}");
    }
}

#[test]
fn bytes_are_hidden_once_and_by_the_layer_that_does_it() {
    assert_eq!(
        hidden(vec![
            base(),
            TarFixture::new().file("a/.wh.b", ""),
            TarFixture::new().file("a/b/two", [0; 5]),
            TarFixture::new().file(".wh.a", ""),
            TarFixture::new().file(".wh.a", ""),
        ]),
        [0, 20, 0, 6, 0]
    );
}

#[test]
fn a_missing_layer_is_named_and_the_rest_still_counts() {
    let (mut diff_ids, mut reports) =
        reports(vec![base(), TarFixture::new().file(".wh.three", "")]);
    diff_ids.insert(1, DiffId(Digest::of(b"missing")));
    reports.insert(1, None);
    let inventory = squash(&diff_ids, &reports, &[], &Cancellation::new()).unwrap();
    assert_eq!(
        inventory
            .layers
            .iter()
            .map(|layer| layer.read)
            .collect::<Vec<_>>(),
        [true, false, true]
    );
    assert_eq!(inventory.layers[2].hidden_bytes, 300);
    assert_eq!(inventory.problems.len(), 1);
    assert_eq!(inventory.problems[0].layer, Some(diff_ids[1]));
    // Fewer reports than layers is the same thing.
    let short = squash(&diff_ids, &reports[..1], &[], &Cancellation::new()).unwrap();
    assert_eq!(short.problems.len(), 2);
}

#[test]
fn cancelling_stops_the_squash() {
    let (diff_ids, reports) = reports(vec![base()]);
    let cancellation = Cancellation::new();
    cancellation.cancel();
    assert!(matches!(
        squash(&diff_ids, &reports, &[], &cancellation),
        Err(ImageError::Cancelled)
    ));
}
