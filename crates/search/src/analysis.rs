//! Text → tokens. The same functions serve the index and the query, so that what was indexed is found.

use std::sync::Arc;

use jieba_rs::Jieba;
use pinyin::ToPinyin;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::UnicodeNormalization;

use crate::synonyms::Synonyms;

/// A start of a word is indexed with what follows it up to this many characters.
const START_CHARS_MAX: usize = 24;

/// Full-width letters and digits become half-width ones; case and punctuation stay for display.
pub(crate) fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_alphanumeric() {
            normal.extend(std::iter::once(character).nfkc());
        } else {
            normal.push(character);
        }
    }
    normal
}

pub(crate) fn is_han(character: char) -> bool {
    const HAN: [std::ops::RangeInclusive<char>; 3] = [
        '\u{3400}'..='\u{9fff}',
        '\u{f900}'..='\u{faff}',
        '\u{20000}'..='\u{3ffff}',
    ];
    HAN.iter().any(|range| range.contains(&character))
}

/// A word and the bytes of the text that it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The dictionary costs some tens of megabytes and is shared by everything that cuts.
#[derive(Clone)]
pub(crate) struct Segmenter(Arc<Jieba>);

impl Segmenter {
    pub(crate) fn new(synonyms: &Synonyms) -> Self {
        let mut jieba = Jieba::new();
        for word in synonyms.words() {
            if word.chars().any(is_han) {
                jieba.add_word(word, None, None);
            }
        }
        Self(Arc::new(jieba))
    }

    /// What a user may mean by the text: no overlaps.
    pub(crate) fn words(&self, text: &str) -> Vec<Word> {
        let mut from = 0;
        let mut words = Vec::new();
        for cut in self.0.cut(text, true) {
            words.extend(word(cut.word, from));
            from += cut.word.len();
        }
        words
    }

    /// Everything that may be searched for: long words and the shorter ones inside them.
    fn index_words(&self, text: &str) -> Vec<Word> {
        let base = text.as_ptr() as usize;
        let cuts = self.0.cut_for_search(text, true);
        cuts.iter()
            .filter_map(|cut| word(cut.word, cut.word.as_ptr() as usize - base))
            .collect()
    }

    /// One word for each place where one begins.
    fn word_starts(&self, text: &str) -> Vec<Word> {
        let mut words = self.index_words(text);
        words.sort_by_key(|word| word.from);
        words.dedup_by_key(|word| word.from);
        words
    }
}

/// Punctuation and white space are no words.
fn word(text: &str, from: usize) -> Option<Word> {
    text.chars().any(char::is_alphanumeric).then(|| Word {
        text: text.to_lowercase(),
        from,
        to: from + text.len(),
    })
}

/// Each Han character by itself; letters and digits stay together. A phrase of these finds any part
/// of a text, wherever the segmenter cut it.
pub(crate) fn characters(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut joins = false;
    for (from, character) in text.char_indices() {
        let to = from + character.len_utf8();
        let alone = is_han(character);
        if !character.is_alphanumeric() {
            joins = false;
            continue;
        }
        match words.last_mut() {
            Some(last) if joins && !alone => {
                last.text.extend(character.to_lowercase());
                last.to = to;
            }
            _ => words.push(Word {
                text: character.to_lowercase().collect(),
                from,
                to,
            }),
        }
        joins = !alone;
    }
    words
}

/// The rest of the text from the start of each word on: what somebody who types it may begin with.
fn starts(segmenter: &Segmenter, text: &str) -> Vec<Word> {
    let words = segmenter.word_starts(text);
    let start = |word: &Word| {
        let rest = text[word.from..].to_lowercase();
        let rest: String = rest.chars().take(START_CHARS_MAX).collect();
        Word {
            text: rest,
            ..word.clone()
        }
    };
    words.iter().map(start).collect()
}

/// The same in pinyin: whole syllables and initials, from each word of a Chinese run to the run's end.
fn pinyin_starts(segmenter: &Segmenter, text: &str) -> Vec<Word> {
    let mut starts = Vec::new();
    for start in segmenter.word_starts(text) {
        let run: String = text[start.from..]
            .chars()
            .take_while(|character| is_han(*character))
            .take(START_CHARS_MAX)
            .collect();
        if run.is_empty() {
            continue;
        }
        for text in [pinyin(&run), initials(&run)] {
            starts.push(Word {
                text,
                ..start.clone()
            });
        }
    }
    starts
}

/// Without tones and spaces; a character has its most frequent reading.
pub(crate) fn pinyin(text: &str) -> String {
    let syllables = text.to_pinyin().flatten();
    syllables.map(pinyin::Pinyin::plain).collect()
}

fn initials(text: &str) -> String {
    let syllables = text.to_pinyin().flatten();
    syllables
        .filter_map(|syllable| syllable.plain().chars().next())
        .collect()
}

/// One of the ways above as tantivy wants it.
#[derive(Clone)]
pub(crate) struct Analyzer {
    segmenter: Segmenter,
    way: fn(&Segmenter, &str) -> Vec<Word>,
}

impl Analyzer {
    pub(crate) fn words(segmenter: &Segmenter) -> Self {
        Self::new(segmenter, Segmenter::index_words)
    }

    pub(crate) fn characters(segmenter: &Segmenter) -> Self {
        Self::new(segmenter, |_, text| characters(text))
    }

    pub(crate) fn starts(segmenter: &Segmenter) -> Self {
        Self::new(segmenter, starts)
    }

    pub(crate) fn pinyin(segmenter: &Segmenter) -> Self {
        Self::new(segmenter, pinyin_starts)
    }

    fn new(segmenter: &Segmenter, way: fn(&Segmenter, &str) -> Vec<Word>) -> Self {
        let segmenter = segmenter.clone();
        Self { segmenter, way }
    }
}

impl Tokenizer for Analyzer {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let words = (self.way)(&self.segmenter, text);
        Tokens {
            words: words.into_iter().enumerate(),
            token: Token::default(),
        }
    }
}

pub(crate) struct Tokens {
    words: std::iter::Enumerate<std::vec::IntoIter<Word>>,
    token: Token,
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let Some((position, word)) = self.words.next() else {
            return false;
        };
        self.token = Token {
            offset_from: word.from,
            offset_to: word.to,
            position,
            text: word.text,
            position_length: 1,
        };
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[Word]) -> Vec<&str> {
        words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn words_keep_their_place() {
        let segmenter = Segmenter::new(&Synonyms::default());
        let text = "无线 蓝牙耳机, Pro2代";
        for word in segmenter
            .words(text)
            .iter()
            .chain(&segmenter.index_words(text))
        {
            assert_eq!(text[word.from..word.to].to_lowercase(), word.text);
        }
        assert_eq!(texts(&segmenter.words("蓝牙耳机")), ["蓝牙", "耳机"]);
    }

    #[test]
    fn a_word_of_the_synonyms_is_not_cut() {
        let synonyms = Synonyms::parse("充电宝宝,移动电源").unwrap();
        let segmenter = Segmenter::new(&synonyms);
        assert_eq!(texts(&segmenter.words("充电宝宝")), ["充电宝宝"]);
    }

    #[test]
    fn characters_stand_alone_and_letters_together() {
        assert_eq!(
            texts(&characters("小米Note 14代")),
            ["小", "米", "note", "14", "代"]
        );
    }

    #[test]
    fn pinyin_from_each_word_to_the_end_of_the_run() {
        let segmenter = Segmenter::new(&Synonyms::default());
        let starts = pinyin_starts(&segmenter, "蓝牙耳机X");
        assert_eq!(texts(&starts), ["lanyaerji", "lyej", "erji", "ej"]);
    }
}
