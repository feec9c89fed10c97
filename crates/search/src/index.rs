//! The index: what is written is found after the next `commit`.

use std::sync::{Mutex, MutexGuard};

use tantivy::{
    DocAddress, IndexReader, IndexWriter, Order, ReloadPolicy, Searcher, TantivyDocument, Term,
    collector::{
        Count, TopDocs,
        sort_key::{SortBySimilarityScore, SortByStaticFastValue},
    },
    query::Query as Lookup,
    schema::Value,
};

use crate::{
    Error,
    analysis::Segmenter,
    document::{Document, Facets, Hit, Match, Page, Query, Sort},
    facets,
    highlight::Highlighter,
    query::{Parser, filtered, words},
    schema::{CREATED, Fields, PRICE, SALES, register, schema},
    suggest,
    synonyms::Synonyms,
};

/// Bytes that documents may take before they become a segment.
const WRITER_BYTES: usize = 32 << 20;
/// A page further down is refused: it would be collected from the first hit on.
const DEPTH_MAX: usize = 10_000;

pub struct Index {
    fields: Fields,
    segmenter: Segmenter,
    synonyms: Synonyms,
    writer: Mutex<IndexWriter>,
    reader: IndexReader,
}

impl Index {
    /// Empty, in memory.
    pub fn new(synonyms: Synonyms) -> Result<Self, Error> {
        let (schema, fields) = schema();
        let segmenter = Segmenter::new(&synonyms);
        let index = tantivy::Index::create_in_ram(schema);
        register(&index, &segmenter);
        let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        Ok(Self {
            fields,
            segmenter,
            synonyms,
            writer: Mutex::new(writer),
            reader,
        })
    }

    /// Adds documents; one that has the id of an earlier one takes its place.
    pub fn put<'a>(&self, documents: impl IntoIterator<Item = &'a Document>) -> Result<(), Error> {
        let writer = self.writer()?;
        for document in documents {
            writer.delete_term(Term::from_field_u64(self.fields.id, document.id));
            writer.add_document(self.fields.document(document))?;
        }
        Ok(())
    }

    pub fn remove(&self, ids: impl IntoIterator<Item = u64>) -> Result<(), Error> {
        let writer = self.writer()?;
        for id in ids {
            writer.delete_term(Term::from_field_u64(self.fields.id, id));
        }
        Ok(())
    }

    /// Shows what was written to all searches that begin after it.
    pub fn commit(&self) -> Result<(), Error> {
        self.writer()?.commit()?;
        self.reader.reload()?;
        Ok(())
    }

    /// Documents that can be found.
    pub fn len(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Completions of what is being typed: names, the best sellers first.
    pub fn suggest(&self, text: &str, limit: usize) -> Result<Vec<String>, Error> {
        suggest::suggest(&self.reader.searcher(), self.fields, text, limit)
    }

    /// The text is read more freely until something is found. Pages end after 10,000 hits.
    pub fn search(&self, query: &Query) -> Result<Page, Error> {
        let searcher = self.reader.searcher();
        let words = words(&self.segmenter, &query.text);
        let mut page = self.read(&searcher, query, &words, Match::Exact)?;
        for freedom in [Match::Corrected, Match::Partial] {
            if page.is_something() {
                break;
            }
            page = self.read(&searcher, query, &words, freedom)?;
        }
        Ok(page)
    }

    fn read(
        &self,
        searcher: &Searcher,
        query: &Query,
        words: &[String],
        freedom: Match,
    ) -> Result<Page, Error> {
        let parser = Parser {
            fields: self.fields,
            synonyms: &self.synonyms,
        };
        let text = parser.parse(words, freedom);
        let lookup = filtered(self.fields, &*text, &query.filters, None);
        let (addresses, total) = top(searcher, &*lookup, query)?;
        let highlighter = Highlighter::new(&self.segmenter, words);
        let hits = addresses
            .into_iter()
            .map(|address| self.hit(searcher, address, &highlighter))
            .collect::<Result<_, _>>()?;
        Ok(Page {
            hits,
            total,
            facets: facets::count(searcher, self.fields, &*text, &query.filters)?,
            matched: freedom,
        })
    }

    fn hit(
        &self,
        searcher: &Searcher,
        address: DocAddress,
        highlighter: &Highlighter<'_>,
    ) -> Result<Hit, Error> {
        let document: TantivyDocument = searcher.doc(address)?;
        let text = |field| {
            let value = document.get_first(field).and_then(|value| value.as_str());
            value.unwrap_or_default()
        };
        let segment = searcher.segment_reader(address.segment_ord);
        let ids = segment.fast_fields().u64("id")?;
        Ok(Hit {
            id: ids.first(address.doc_id).unwrap_or_default(),
            name: highlighter.whole(text(self.fields.name)),
            snippet: highlighter.snippet(text(self.fields.description)),
        })
    }

    fn writer(&self) -> Result<MutexGuard<'_, IndexWriter>, Error> {
        self.writer.lock().map_err(|_| Error::Poisoned)
    }
}

impl Page {
    /// Filters that leave no hit are no reason to read the text differently: the counts tell.
    fn is_something(&self) -> bool {
        self.total > 0 || self.facets != Facets::default()
    }
}

/// The page's hits and how many there are in all.
fn top(
    searcher: &Searcher,
    lookup: &dyn Lookup,
    query: &Query,
) -> Result<(Vec<DocAddress>, usize), Error> {
    let limit = query.limit.min(DEPTH_MAX.saturating_sub(query.offset));
    if limit == 0 {
        return Ok((Vec::new(), searcher.search(lookup, &Count)?));
    }
    let top = TopDocs::with_limit(limit).and_offset(query.offset);
    let by_sales = || (SortByStaticFastValue::<u64>::for_field(SALES), Order::Desc);
    let by_time = |order| (SortByStaticFastValue::<i64>::for_field(CREATED), order);
    let by_price = |order| (SortByStaticFastValue::<i64>::for_field(PRICE), order);
    macro_rules! sorted {
        ($key:expr) => {{
            let (hits, total) = searcher.search(lookup, &(top.order_by($key), Count))?;
            (
                hits.into_iter().map(|(_, address)| address).collect(),
                total,
            )
        }};
    }
    Ok(match query.sort {
        Sort::Relevance => sorted!((SortBySimilarityScore, by_sales())),
        Sort::PriceAscending => sorted!((by_price(Order::Asc), by_sales())),
        Sort::PriceDescending => sorted!((by_price(Order::Desc), by_sales())),
        Sort::Newest => sorted!((by_time(Order::Desc), by_sales())),
        Sort::Sales => sorted!((by_sales(), SortBySimilarityScore)),
    })
}
