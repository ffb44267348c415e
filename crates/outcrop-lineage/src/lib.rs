//! outcrop-lineage
