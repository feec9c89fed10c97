//! The names of cells: A1, XFD1048576.

use super::{COLUMN_LAST, ROW_LAST};

/// `A` for 0.
pub fn column_name(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// `A1` for row 0, column 0.
pub fn cell_name(row: u32, column: u32) -> String {
    format!("{}{}", column_name(column), u64::from(row) + 1)
}

/// Row and column, counted from 0; `None`: no such cell in any workbook.
pub(crate) fn parse_cell(name: &[u8]) -> Option<(u32, u32)> {
    let mut column = 0_u32;
    let mut row = 0_u32;
    let mut letters = 0;
    for &byte in name {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' if row == 0 && letters < 3 => {
                column = column * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1;
                letters += 1;
            }
            b'0'..=b'9' if letters > 0 && row <= ROW_LAST => {
                row = row * 10 + u32::from(byte - b'0');
            }
            _ => return None,
        }
    }
    let (row, column) = (row.checked_sub(1)?, column.checked_sub(1)?);
    (row <= ROW_LAST && column <= COLUMN_LAST).then_some((row, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for (row, column) in [
            (0, 0),
            (9, 25),
            (99, 26),
            (1, 701),
            (2, 702),
            (ROW_LAST, COLUMN_LAST),
        ] {
            let name = cell_name(row, column);
            assert_eq!(parse_cell(name.as_bytes()), Some((row, column)), "{name}");
        }
        assert_eq!(cell_name(ROW_LAST, COLUMN_LAST), "XFD1048576");
    }

    #[test]
    fn beyond_the_grid_is_nowhere() {
        for name in [
            "XFE1",
            "A1048577",
            "A0",
            "A",
            "1",
            "AAAAAAAAAA99999999999",
            "A1B",
            "",
        ] {
            assert_eq!(parse_cell(name.as_bytes()), None, "{name}");
        }
    }
}
