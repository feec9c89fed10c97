//! Product search in Chinese and English: an in-memory tantivy index with a Chinese segmenter. It ranks,
//! completes, corrects typing errors and homophones, reads pinyin, counts facets and marks matches.
//!
//! The index holds no truth: the caller rebuilds it from its database at start and applies each change.
//! Nothing here is async; a search of 100,000 products takes a millisecond or two.

mod analysis;
mod document;
mod error;
mod facets;
mod highlight;
mod index;
mod query;
mod schema;
mod suggest;
mod synonyms;

pub use document::{Document, Facets, Filters, Hit, Match, Page, Query, Sort};
pub use error::Error;
pub use index::Index;
pub use synonyms::{SynonymError, Synonyms};
