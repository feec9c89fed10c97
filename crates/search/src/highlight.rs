//! Marks what matched, as HTML that is safe to show.

use std::ops::Range;

use crate::analysis::{Segmenter, characters, is_han, pinyin};

const SNIPPET_CHARS: usize = 80;
/// Characters before the first match in a snippet.
const LEAD_CHARS: usize = 16;

pub(crate) struct Highlighter<'a> {
    segmenter: &'a Segmenter,
    /// Lower case.
    words: &'a [String],
}

impl<'a> Highlighter<'a> {
    pub(crate) fn new(segmenter: &'a Segmenter, words: &'a [String]) -> Self {
        Self { segmenter, words }
    }

    pub(crate) fn whole(&self, text: &str) -> String {
        marked(text, 0..text.len(), &self.matches(text))
    }

    /// The part around the first match; empty without one.
    pub(crate) fn snippet(&self, text: &str) -> String {
        let matches = self.matches(text);
        let Some(first) = matches.first() else {
            return String::new();
        };
        let before = text[..first.start].char_indices().rev();
        let from = before
            .take(LEAD_CHARS)
            .last()
            .map_or(first.start, |(at, _)| at);
        let after = text[from..].char_indices();
        let to = after.skip(SNIPPET_CHARS).map(|(at, _)| from + at).next();
        let to = to.unwrap_or(text.len());
        let mut snippet = marked(text, from..to, &matches);
        if from > 0 {
            snippet.insert(0, '…');
        }
        if to < text.len() {
            snippet.push('…');
        }
        snippet
    }

    /// In order, without overlaps.
    fn matches(&self, text: &str) -> Vec<Range<usize>> {
        let parts = characters(text);
        let mut found: Vec<Range<usize>> = Vec::new();
        for word in self.words {
            if word.chars().any(is_han) {
                let wanted = characters(word);
                for at in 0..parts.len().saturating_sub(wanted.len() - 1) {
                    let run = &parts[at..at + wanted.len()];
                    if run
                        .iter()
                        .zip(&wanted)
                        .all(|(part, wanted)| part.text == wanted.text)
                    {
                        found.push(run[0].from..run[run.len() - 1].to);
                    }
                }
            } else {
                let begins = parts
                    .iter()
                    .filter(|part| part.text.starts_with(word.as_str()));
                found.extend(begins.map(|part| part.from..part.to));
                found.extend(self.sounding(text, word));
            }
        }
        found.sort_unstable_by_key(|range| (range.start, range.end));
        found.dedup_by(|later, earlier| {
            let overlaps = later.start < earlier.end;
            if overlaps {
                earlier.end = earlier.end.max(later.end);
            }
            overlaps
        });
        found
    }

    /// Chinese words whose pinyin, one after the other, spell the word.
    fn sounding(&self, text: &str, word: &str) -> Vec<Range<usize>> {
        let cuts = self.segmenter.words(text);
        let mut found = Vec::new();
        for at in 0..cuts.len() {
            let mut sound = String::new();
            for cut in cuts[at..]
                .iter()
                .take_while(|cut| cut.text.chars().all(is_han))
            {
                sound.push_str(&pinyin(&cut.text));
                if sound == word {
                    found.push(cuts[at].from..cut.to);
                }
                if sound.len() >= word.len() {
                    break;
                }
            }
        }
        found
    }
}

fn marked(text: &str, within: Range<usize>, matches: &[Range<usize>]) -> String {
    let mut html = String::with_capacity(within.len() + 16);
    let mut at = within.start;
    for range in matches {
        let (from, to) = (range.start.max(at), range.end.min(within.end));
        if from >= to {
            continue;
        }
        escape(&text[at..from], &mut html);
        html.push_str("<em>");
        escape(&text[from..to], &mut html);
        html.push_str("</em>");
        at = to;
    }
    escape(&text[at..within.end], &mut html);
    html
}

fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synonyms::Synonyms;

    fn whole(text: &str, words: &[&str]) -> String {
        let segmenter = Segmenter::new(&Synonyms::default());
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Highlighter::new(&segmenter, &words).whole(text)
    }

    #[test]
    fn matches_are_marked_and_the_rest_is_escaped() {
        let text = "<b>无线耳机</b> & PRO";
        let html = whole(text, &["耳机", "pro"]);
        assert_eq!(
            html,
            "&lt;b&gt;无线<em>耳机</em>&lt;/b&gt; &amp; <em>PRO</em>"
        );
        assert_eq!(whole("蓝牙耳机", &["erji"]), "蓝牙<em>耳机</em>");
        assert_eq!(whole("无", &["无线耳机"]), "无");
    }

    #[test]
    fn a_snippet_begins_before_its_match() {
        let segmenter = Segmenter::new(&Synonyms::default());
        let text = format!("{}降噪{}", "前".repeat(50), "后".repeat(200));
        let words = ["降噪".to_owned()];
        let snippet = Highlighter::new(&segmenter, &words).snippet(&text);
        assert!(snippet.starts_with("…前") && snippet.ends_with("后…"));
        assert!(snippet.contains("<em>降噪</em>"));
    }
}
