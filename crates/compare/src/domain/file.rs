/// An uploaded file that a job compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What its owner calls it.
    pub name: String,
    pub bytes: i64,
    /// In hexadecimal.
    pub sha256: String,
}

/// What arrives of a job, in this order: whoever asks, then each file with its bytes, at last the
/// options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    Begin {
        request_key: Option<String>,
    },
    File {
        /// 1 or 2.
        slot: usize,
        name: String,
    },
    Chunk(bytes::Bytes),
    End {
        /// `compare.options/1` as JSON; empty: the defaults.
        options: String,
    },
}

/// As wide as the column, in characters.
const NAME_CHARS_MAX: usize = 255;

/// The name without any folder before it, in one line; the original's word for none.
pub fn presentable(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let base: String = base
        .chars()
        .filter(|c| !c.is_control())
        .take(NAME_CHARS_MAX)
        .collect();
    match base.trim() {
        "" | "." | ".." => "upload.xlsx".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_no_second_line() {
        assert_eq!(presentable("C:\\对账\\旧 表.xlsx"), "旧 表.xlsx");
        assert_eq!(presentable("../../etc/passwd"), "passwd");
        assert_eq!(presentable("a\r\nb\0.xlsx"), "ab.xlsx");
        for nothing in ["", "   ", "..", "x/"] {
            assert_eq!(presentable(nothing), "upload.xlsx");
        }
        assert_eq!(
            presentable(&"长".repeat(300)).chars().count(),
            NAME_CHARS_MAX
        );
    }
}
