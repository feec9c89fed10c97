//! What was typed → what is looked up, in three readings of growing freedom.

use std::ops::Bound;

use tantivy::{
    Term,
    query::{
        AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery,
        Occur, PhraseQuery, Query, RangeQuery, TermQuery, TermSetQuery,
    },
    schema::{Field, IndexRecordOption},
};

use crate::{
    analysis::{Segmenter, characters, is_han, normal, pinyin},
    document::{Filters, Match},
    schema::Fields,
    synonyms::Synonyms,
};

const CHARS_MAX: usize = 64;
const WORDS_MAX: usize = 12;
/// One typing error from this many letters on, and two.
const ONE_ERROR_CHARS: usize = 4;
const TWO_ERRORS_CHARS: usize = 8;

/// How much a match in each place counts; found by looking at results, not measured.
mod weight {
    pub(super) const NAME: f32 = 6.0;
    pub(super) const NAME_PART: f32 = 4.0;
    pub(super) const BRAND: f32 = 4.0;
    pub(super) const CATEGORY: f32 = 3.0;
    pub(super) const SUBTITLE: f32 = 2.0;
    pub(super) const DESCRIPTION: f32 = 1.0;
    pub(super) const DESCRIPTION_PART: f32 = 0.6;
    pub(super) const SYNONYM: f32 = 0.7;
    pub(super) const PREFIX: f32 = 2.0;
    pub(super) const PINYIN: f32 = 2.0;
    pub(super) const CORRECTED: f32 = 0.5;
}

type Part = Box<dyn Query>;

pub(crate) struct Parser<'a> {
    pub(crate) fields: Fields,
    pub(crate) synonyms: &'a Synonyms,
}

/// The words of a text, bounded: what is typed costs at most so much.
pub(crate) fn words(segmenter: &Segmenter, text: &str) -> Vec<String> {
    let text: String = normal(text).chars().take(CHARS_MAX).collect();
    let mut words: Vec<String> = segmenter
        .words(&text)
        .into_iter()
        .map(|word| word.text)
        .collect();
    words.dedup();
    words.truncate(WORDS_MAX);
    words
}

impl Parser<'_> {
    pub(crate) fn parse(&self, words: &[String], freedom: Match) -> Part {
        if words.is_empty() {
            return Box::new(AllQuery);
        }
        let occur = match freedom {
            Match::Exact | Match::Corrected => Occur::Must,
            Match::Partial => Occur::Should,
        };
        let last = words.len() - 1;
        let parts = words.iter().enumerate().map(|(at, word)| {
            let mut ways = self.exact(word);
            // The last word may still be being typed.
            if at == last {
                ways.extend(self.begun(word));
            }
            if freedom != Match::Exact {
                ways.extend(self.corrected(word));
            }
            (occur, any(ways))
        });
        Box::new(BooleanQuery::new(parts.collect()))
    }

    fn exact(&self, word: &str) -> Vec<Part> {
        let mut ways = self.places(word, 1.0);
        for synonym in self.synonyms.of(word) {
            ways.extend(self.places(synonym, weight::SYNONYM));
        }
        if word.bytes().all(|byte| byte.is_ascii_lowercase()) && word.len() > 1 {
            ways.push(boosted(prefix(self.fields.pinyin, word), weight::PINYIN));
        }
        ways
    }

    /// The word wherever a product may carry it.
    fn places(&self, word: &str, by: f32) -> Vec<Part> {
        let fields = self.fields;
        let mut ways: Vec<Part> = [
            (fields.name, weight::NAME),
            (fields.brand_words, weight::BRAND),
            (fields.category_words, weight::CATEGORY),
            (fields.subtitle, weight::SUBTITLE),
            (fields.description, weight::DESCRIPTION),
        ]
        .map(|(field, weight)| boosted(term(field, word), weight * by))
        .into();
        if word.chars().any(is_han) {
            for (field, weight) in [
                (fields.name_characters, weight::NAME_PART),
                (fields.description_characters, weight::DESCRIPTION_PART),
            ] {
                ways.extend(phrase(field, word).map(|part| boosted(part, weight * by)));
            }
        }
        ways
    }

    fn begun(&self, word: &str) -> Option<Part> {
        let is_latin = !word.chars().any(is_han);
        is_latin.then(|| boosted(prefix(self.fields.starts, word), weight::PREFIX))
    }

    fn corrected(&self, word: &str) -> Vec<Part> {
        let fields = self.fields;
        let mut ways = Vec::new();
        if word.chars().any(is_han) {
            let sound = pinyin(word);
            if sound.len() > 1 {
                ways.push(boosted(prefix(fields.pinyin, &sound), weight::CORRECTED));
            }
            return ways;
        }
        let errors = match word.chars().count() {
            chars if chars >= TWO_ERRORS_CHARS => 2,
            chars if chars >= ONE_ERROR_CHARS => 1,
            _ => return ways,
        };
        for field in [fields.name, fields.brand_words, fields.category_words] {
            let term = Term::from_field_text(field, word);
            let fuzzy = FuzzyTermQuery::new(term, errors, true);
            ways.push(boosted(Box::new(fuzzy), weight::CORRECTED));
        }
        let term = Term::from_field_text(fields.pinyin, word);
        let fuzzy = FuzzyTermQuery::new_prefix(term, 1, true);
        ways.push(boosted(Box::new(fuzzy), weight::CORRECTED));
        ways
    }
}

/// A filter that facets may leave out.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Category,
    Brand,
    Price,
}

/// The text's query, narrowed by the filters but for those of one kind. Filters do not score.
pub(crate) fn filtered(
    fields: Fields,
    text: &dyn Query,
    filters: &Filters,
    without: Option<Kind>,
) -> Part {
    let mut parts = vec![(Occur::Must, text.box_clone())];
    let mut narrow = |part: Part| {
        let unscored = ConstScoreQuery::new(part, 0.0);
        parts.push((Occur::Must, Box::new(unscored) as Part));
    };
    let one_of = |field: Field, names: &[String]| -> Part {
        let terms = names.iter().map(|name| Term::from_field_text(field, name));
        Box::new(TermSetQuery::new(terms))
    };
    if !filters.categories.is_empty() && without != Some(Kind::Category) {
        narrow(one_of(fields.category, &filters.categories));
    }
    if !filters.brands.is_empty() && without != Some(Kind::Brand) {
        narrow(one_of(fields.brand, &filters.brands));
    }
    let (min, max) = (filters.min_price_fen, filters.max_price_fen);
    if (min.is_some() || max.is_some()) && without != Some(Kind::Price) {
        let bound = |fen: Option<i64>| {
            fen.map_or(Bound::Unbounded, |fen| {
                Bound::Included(Term::from_field_i64(fields.price_fen, fen))
            })
        };
        narrow(Box::new(RangeQuery::new(bound(min), bound(max))));
    }
    if filters.in_stock {
        let term = Term::from_field_bool(fields.in_stock, true);
        narrow(Box::new(TermQuery::new(term, IndexRecordOption::Basic)));
    }
    Box::new(BooleanQuery::new(parts))
}

/// The best way counts, so that a word in four places does not beat two words.
fn any(ways: Vec<Part>) -> Part {
    Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, 0.1))
}

fn boosted(part: Part, by: f32) -> Part {
    Box::new(BoostQuery::new(part, by))
}

fn term(field: Field, word: &str) -> Part {
    let term = Term::from_field_text(field, word);
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

pub(crate) fn prefix(field: Field, start: &str) -> Part {
    let term = Term::from_field_text(field, start);
    Box::new(FuzzyTermQuery::new_prefix(term, 0, false))
}

/// None for a single character that a phrase cannot hold: that is a term.
fn phrase(field: Field, word: &str) -> Option<Part> {
    let mut terms: Vec<Term> = characters(word)
        .iter()
        .map(|character| Term::from_field_text(field, &character.text))
        .collect();
    match terms.len() {
        0 => None,
        1 => {
            let query = TermQuery::new(terms.remove(0), IndexRecordOption::WithFreqs);
            Some(Box::new(query))
        }
        _ => Some(Box::new(PhraseQuery::new(terms))),
    }
}
