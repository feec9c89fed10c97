use super::{Invalid, Price};

/// A part of a list: at most 100 rows, so that an answer stays small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    number: u32,
    size: u32,
}

const SIZE_MAX: u32 = 100;
/// Rows before a page that the server would have to skip.
const SKIPPED_MAX: u64 = 1_000_000;

impl Page {
    /// `number` counts from 1.
    pub fn new(number: u32, size: u32) -> Result<Self, Invalid> {
        let page = Self { number, size };
        let fits = number > 0 && (1..=SIZE_MAX).contains(&size);
        if fits && page.skipped() <= SKIPPED_MAX {
            Ok(page)
        } else {
            Err(Invalid::Page)
        }
    }

    pub fn size(self) -> u32 {
        self.size
    }

    pub fn skipped(self) -> u64 {
        u64::from(self.number.saturating_sub(1)) * u64::from(self.size)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    CreatedDesc,
    CreatedAsc,
    PriceAsc,
    PriceDesc,
    NameAsc,
    NameDesc,
}

/// Bounds that are part of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PriceRange {
    pub from: Option<Price>,
    pub to: Option<Price>,
}

/// Which products a list shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    keyword: String,
    pub category: Option<String>,
    pub price: PriceRange,
    pub in_stock: bool,
    pub off_shelf_too: bool,
}

impl Filter {
    /// Part of the name or of the description; empty: any.
    pub fn with_keyword(keyword: &str) -> Result<Self, Invalid> {
        const CHARS_MAX: usize = 64;
        let keyword = keyword.trim();
        if keyword.chars().count() > CHARS_MAX {
            return Err(Invalid::Keyword);
        }
        Ok(Self {
            keyword: keyword.to_owned(),
            ..Self::default()
        })
    }

    /// A LIKE pattern with `|` as its escape; the keyword's own wildcards are letters.
    pub fn pattern(&self) -> Option<String> {
        if self.keyword.is_empty() {
            return None;
        }
        let mut pattern = String::from("%");
        for letter in self.keyword.chars() {
            if matches!(letter, '%' | '_' | '|') {
                pattern.push('|');
            }
            pattern.push(letter);
        }
        pattern.push('%');
        Some(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_bounded() {
        assert_eq!(Page::new(3, 20).map(Page::skipped), Ok(40));
        for (number, size) in [(0, 10), (1, 0), (1, 101), (u32::MAX, 100)] {
            assert_eq!(
                Page::new(number, size),
                Err(Invalid::Page),
                "{number} {size}"
            );
        }
    }

    #[test]
    fn a_keyword_has_no_wildcards() {
        let filter = Filter::with_keyword(" 100%_|x ").unwrap();
        assert_eq!(filter.pattern().as_deref(), Some("%100|%|_||x%"));
        assert_eq!(Filter::with_keyword("  ").unwrap().pattern(), None);
    }
}
