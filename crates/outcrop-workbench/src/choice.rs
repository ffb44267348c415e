//! Which image a name stands for.

use outcrop_image::ArchiveImage;
use outcrop_sources::engine::{Engine, EngineImage, candidates, normalized};

use crate::error::WorkbenchError;
use crate::known::Listing;

/// The image that a name stands for in the lists of engines.
pub(crate) fn found<'a>(
    listing: &'a Listing,
    name: &str,
    engines: &[Engine],
) -> Result<&'a EngineImage, WorkbenchError> {
    let images = &listing.images;
    // A full name of one engine may be a short name's second choice in another.
    let mut matches: Vec<&EngineImage> = Vec::new();
    for wanted in candidates(name) {
        matches = images
            .iter()
            .filter(|image| {
                image
                    .references
                    .iter()
                    .any(|reference| reference.normalized == wanted)
            })
            .collect();
        if !matches.is_empty() {
            break;
        }
    }
    if matches.is_empty() {
        matches = images
            .iter()
            .filter(|image| image.answers_to(name))
            .collect();
    }
    let mut different: Vec<&EngineImage> = Vec::new();
    for image in &matches {
        if !different.iter().any(|other| other.id == image.id) {
            different.push(image);
        }
    }
    match different.as_slice() {
        [] => Err(WorkbenchError::UnknownImage {
            name: name.to_owned(),
            engines: engines
                .iter()
                .map(|engine| engine.name().to_owned())
                .collect(),
        }),
        [image] => Ok(image),
        several => Err(WorkbenchError::AmbiguousImage {
            name: name.to_owned(),
            candidates: several
                .iter()
                .map(|image| format!("{} in {}", image.id, image.engine))
                .collect(),
        }),
    }
}

/// The name to show for what was asked for.
pub(crate) fn shown_name(asked: &str, image: &EngineImage) -> String {
    let asked_for_id = asked == image.id.to_string();
    match image.references.first() {
        Some(reference) if asked_for_id => reference.as_given.clone(),
        None if asked_for_id => image.id.short(),
        _ => asked.to_owned(),
    }
}

/// The images that `reference` chooses; all where there is none.
pub(crate) fn chosen(
    images: Vec<ArchiveImage>,
    reference: Option<&str>,
) -> Result<Vec<ArchiveImage>, WorkbenchError> {
    let Some(reference) = reference else {
        return Ok(images);
    };
    let wanted = candidates(reference);
    let available: Vec<String> = images
        .iter()
        .flat_map(|image| image.references.iter().cloned())
        .collect();
    let chosen: Vec<ArchiveImage> = images
        .into_iter()
        .filter(|image| {
            image
                .references
                .iter()
                .any(|name| wanted.contains(&normalized(name)))
        })
        .collect();
    if chosen.is_empty() {
        return Err(WorkbenchError::ReferenceAbsent {
            reference: reference.to_owned(),
            available,
        });
    }
    Ok(chosen)
}
