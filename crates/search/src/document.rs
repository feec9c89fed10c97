//! What is put in and what comes out.

/// One product as it is searched. Texts may be empty.
#[derive(Clone, Debug, Default)]
pub struct Document {
    pub id: u64,
    pub name: String,
    pub subtitle: String,
    pub description: String,
    pub brand: String,
    pub category: String,
    pub price_fen: i64,
    pub in_stock: bool,
    /// Units sold so far: breaks ties and orders suggestions.
    pub sales: u64,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Query {
    /// As typed. Letters beyond the 64th and words beyond the 12th are ignored; empty finds everything.
    pub text: String,
    pub filters: Filters,
    pub sort: Sort,
    pub offset: usize,
    pub limit: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Exact names; empty: any.
    pub categories: Vec<String>,
    pub brands: Vec<String>,
    /// Both ends are included, in fen.
    pub min_price_fen: Option<i64>,
    pub max_price_fen: Option<i64>,
    pub in_stock: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Relevance,
    PriceAscending,
    PriceDescending,
    Newest,
    Sales,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub hits: Vec<Hit>,
    pub total: usize,
    pub facets: Facets,
    pub matched: Match,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub id: u64,
    /// HTML-escaped; matches stand in `<em>`.
    pub name: String,
    /// The part of the description that matches best, likewise; empty if none does.
    pub snippet: String,
}

/// How freely the text was read to find anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// Every word, as typed, as its synonym or in pinyin.
    Exact,
    /// Every word, allowing for typing errors and homophones.
    Corrected,
    /// Some of the words.
    Partial,
}

/// Counts of what a further filter would leave. The counts of one kind ignore the filter of that kind,
/// so that a page can offer the alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// The most frequent first, at most 50.
    pub categories: Vec<(String, u64)>,
    pub brands: Vec<(String, u64)>,
    /// From (included) and to (excluded) in fen, and how many; empty ranges are left out.
    pub prices: Vec<(i64, Option<i64>, u64)>,
}
