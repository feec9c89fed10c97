/// What can go wrong inside the index. Its store is memory, so each of these is a fault of the program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the search index failed")]
    Engine(#[from] tantivy::TantivyError),
    #[error("the search index refused a facet request")]
    Facets(#[from] serde_json::Error),
    #[error("a thread that wrote to the search index has panicked")]
    Poisoned,
}
