//! `output.notes_with_old_value`: the old value as a note on the new one. The writer keeps notes in
//! memory, and spreadsheets open slowly with many: only the first ones are written.

use rust_xlsxwriter::Note;

use crate::{
    Notice, NoticeCode, Request,
    pair::Pair,
    words::{Words, say},
};

/// Notes of one result.
const NOTES_MAX: u64 = 2_000;
const CHARACTERS_MAX: usize = 500;

pub(super) struct Notes {
    left: u64,
}

impl Notes {
    pub(super) fn new(request: &Request) -> Self {
        let wanted = request.options.output.notes_with_old_value;
        Self {
            left: if wanted { NOTES_MAX } else { 0 },
        }
    }

    pub(super) fn wanted(&self) -> bool {
        self.left > 0
    }

    pub(super) fn take(&mut self, old: &str, words: &Words) -> Note {
        self.left = self.left.saturating_sub(1);
        let text = match old.char_indices().nth(CHARACTERS_MAX) {
            Some((at, _)) => say(words.note, &[&format!("{}…", &old[..at])]),
            None if old.is_empty() => words.note_blank.to_owned(),
            None => say(words.note, &[&old]),
        };
        Note::new(text).add_author_prefix(false)
    }

    /// What there is to say when not every changed cell gets its note.
    pub(super) fn notice(&self, pairs: &[Pair], words: &Words) -> Option<Notice> {
        let changed: u64 = pairs.iter().map(|pair| pair.cells.changed).sum();
        let count = changed.saturating_sub(self.left);
        (self.wanted() && count > 0).then(|| Notice {
            code: NoticeCode::OutputReduced,
            message: say(words.notes_cut, &[&self.left, &count]),
            file: None,
            sheet: None,
            column: None,
            count,
        })
    }
}
