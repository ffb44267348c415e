//! outcrop-sources
