//! outcrop-containerfile
