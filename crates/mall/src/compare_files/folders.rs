//! Two folders: files that have the same name are a pair.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// Endings of what is compared; other files of a folder are nobody's table.
const ENDINGS: [&str; 9] = [
    "xlsx", "xlsm", "xltx", "xltm", "xls", "xlsb", "ods", "csv", "tsv",
];
/// Folders below each other.
const DEPTH_MAX: usize = 32;

/// Paths from the folders' roots.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) both: Vec<PathBuf>,
    pub(super) only_left: Vec<PathBuf>,
    pub(super) only_right: Vec<PathBuf>,
}

pub(super) fn pair(left: &Path, right: &Path) -> Result<Names> {
    let mut found: BTreeMap<PathBuf, (bool, bool)> = BTreeMap::new();
    for name in list(left)? {
        found.entry(name).or_default().0 = true;
    }
    for name in list(right)? {
        found.entry(name).or_default().1 = true;
    }
    let mut names = Names::default();
    for (name, sides) in found {
        match sides {
            (true, true) => names.both.push(name),
            (true, false) => names.only_left.push(name),
            (false, _) => names.only_right.push(name),
        }
    }
    Ok(names)
}

fn list(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![(PathBuf::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let path = root.join(&folder);
        let entries = fs::read_dir(&path).with_context(|| path.display().to_string())?;
        for entry in entries {
            let entry = entry?;
            let name = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() && depth < DEPTH_MAX {
                folders.push((name, depth + 1));
            } else if kind.is_file() && is_table(&name) {
                files.push(name);
            }
        }
    }
    Ok(files)
}

/// Excel's own locks begin with `~$`.
fn is_table(name: &Path) -> bool {
    let ending = name.extension().map(OsStr::to_ascii_lowercase);
    let known = ending.is_some_and(|ending| ENDINGS.iter().any(|one| *one == ending));
    let lock = name
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("~$"));
    known && !lock
}
