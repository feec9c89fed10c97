//! Groups of words that mean the same, from a file: one group a line, words separated by commas, `#`
//! begins a comment.

use std::collections::HashMap;

use crate::analysis::normal;

#[derive(Clone, Debug, Default)]
pub struct Synonyms {
    groups: Vec<Vec<String>>,
    /// Word → its group.
    index: HashMap<String, usize>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SynonymError {
    #[error("line {0}: a group needs two words at least")]
    Alone(usize),
    #[error("line {0}: {1} stands in two groups")]
    Twice(usize, String),
}

impl Synonyms {
    pub fn parse(text: &str) -> Result<Self, SynonymError> {
        let mut synonyms = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<String> = line
                .split([',', '，'])
                .map(|word| normal(word.trim()).to_lowercase())
                .filter(|word| !word.is_empty())
                .collect();
            match words.len() {
                0 => continue,
                1 => return Err(SynonymError::Alone(number + 1)),
                _ => {}
            }
            let group = synonyms.groups.len();
            for word in &words {
                if synonyms.index.insert(word.clone(), group).is_some() {
                    return Err(SynonymError::Twice(number + 1, word.clone()));
                }
            }
            synonyms.groups.push(words);
        }
        Ok(synonyms)
    }

    /// All words of the file: the segmenter has to know them, or it would cut them apart.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.index.keys().map(String::as_str)
    }

    /// The other words of the group, if there is one.
    pub(crate) fn of<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        let group = self.index.get(word).map(|group| &self.groups[*group]);
        group
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(move |other| *other != word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_a_line() {
        let synonyms = Synonyms::parse("# phones\n手机, 移动电话，Mobile\n\n").unwrap();
        let mut others: Vec<&str> = synonyms.of("手机").collect();
        others.sort_unstable();
        assert_eq!(others, ["mobile", "移动电话"]);
        assert_eq!(synonyms.of("电脑").count(), 0);
    }

    #[test]
    fn a_mistake_names_its_line() {
        assert_eq!(
            Synonyms::parse("\n手机").unwrap_err(),
            SynonymError::Alone(2)
        );
        let twice = Synonyms::parse("a,b\nc,b").unwrap_err();
        assert_eq!(twice, SynonymError::Twice(2, "b".into()));
    }
}
