//! The fields of the index and how each is cut.

use tantivy::{
    Index, TantivyDocument,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing,
        TextOptions,
    },
};

use crate::{
    analysis::{Analyzer, Segmenter, normal},
    document::Document,
};

#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: Field,
    pub(crate) name: Field,
    pub(crate) name_characters: Field,
    pub(crate) starts: Field,
    pub(crate) pinyin: Field,
    pub(crate) subtitle: Field,
    pub(crate) description: Field,
    pub(crate) description_characters: Field,
    pub(crate) brand: Field,
    pub(crate) brand_words: Field,
    pub(crate) category: Field,
    pub(crate) category_words: Field,
    pub(crate) price_fen: Field,
    pub(crate) in_stock: Field,
    pub(crate) sales: Field,
    pub(crate) created_at_ms: Field,
}

/// Names of columns that are sorted by or counted.
pub(crate) const PRICE: &str = "price_fen";
pub(crate) const SALES: &str = "sales";
pub(crate) const CREATED: &str = "created_at_ms";
pub(crate) const BRAND: &str = "brand";
pub(crate) const CATEGORY: &str = "category";

pub(crate) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let text = |analyzer: &str, option: IndexRecordOption| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(analyzer)
            .set_index_option(option);
        TextOptions::default().set_indexing_options(indexing)
    };
    let words = || text("words", IndexRecordOption::WithFreqs);
    let characters = || text("characters", IndexRecordOption::WithFreqsAndPositions);
    let fields = Fields {
        id: schema.add_u64_field("id", INDEXED | FAST),
        name: schema.add_text_field("name", words() | STORED),
        name_characters: schema.add_text_field("name_characters", characters()),
        starts: schema.add_text_field("starts", text("starts", IndexRecordOption::Basic)),
        pinyin: schema.add_text_field("pinyin", text("pinyin", IndexRecordOption::Basic)),
        subtitle: schema.add_text_field("subtitle", words()),
        description: schema.add_text_field("description", words() | STORED),
        description_characters: schema.add_text_field("description_characters", characters()),
        brand: schema.add_text_field(BRAND, STRING | FAST),
        brand_words: schema.add_text_field("brand_words", words()),
        category: schema.add_text_field(CATEGORY, STRING | FAST),
        category_words: schema.add_text_field("category_words", words()),
        price_fen: schema.add_i64_field(PRICE, INDEXED | FAST),
        in_stock: schema.add_bool_field("in_stock", INDEXED),
        sales: schema.add_u64_field(SALES, FAST),
        created_at_ms: schema.add_i64_field(CREATED, FAST),
    };
    (schema.build(), fields)
}

pub(crate) fn register(index: &Index, segmenter: &Segmenter) {
    let analyzers = index.tokenizers();
    analyzers.register("words", Analyzer::words(segmenter));
    analyzers.register("characters", Analyzer::characters(segmenter));
    analyzers.register("starts", Analyzer::starts(segmenter));
    analyzers.register("pinyin", Analyzer::pinyin(segmenter));
}

impl Fields {
    pub(crate) fn document(&self, document: &Document) -> TantivyDocument {
        let mut out = TantivyDocument::default();
        let name = normal(&document.name);
        let description = normal(&document.description);
        out.add_u64(self.id, document.id);
        for field in [self.name, self.name_characters, self.starts, self.pinyin] {
            out.add_text(field, &name);
        }
        out.add_text(self.subtitle, normal(&document.subtitle));
        out.add_text(self.description, &description);
        out.add_text(self.description_characters, &description);
        // Filters and counts use the name as it is, words its normal form.
        if !document.brand.is_empty() {
            out.add_text(self.brand, &document.brand);
            out.add_text(self.brand_words, normal(&document.brand));
        }
        if !document.category.is_empty() {
            out.add_text(self.category, &document.category);
            out.add_text(self.category_words, normal(&document.category));
        }
        out.add_i64(self.price_fen, document.price_fen);
        out.add_bool(self.in_stock, document.in_stock);
        out.add_u64(self.sales, document.sales);
        out.add_i64(self.created_at_ms, document.created_at_ms);
        out
    }
}
