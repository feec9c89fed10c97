use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::FileFormat;
use crate::{Failure, FailureCode, Limits};

/// From here on the ratio of unpacked to packed counts: small parts often pack very well.
const RATIO_FROM: u64 = 64 * 1024 * 1024;
const RATIO_MAX: u64 = 200;

/// What one file may cost to read, and how much of it is spent. Clones share one account.
#[derive(Debug, Clone)]
pub struct Budget {
    pub limits: Arc<Limits>,
    spent: Arc<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    bytes: AtomicU64,
    rows: AtomicU64,
}

impl Budget {
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: Arc::new(limits.clone()),
            spent: Arc::default(),
        }
    }

    /// Another account with the same limits, for reading the same file once more.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self {
            limits: self.limits.clone(),
            spent: Arc::default(),
        }
    }

    /// Unpacked bytes of a file that has `packed` bytes.
    pub fn spend(&self, bytes: u64, packed: u64) -> Result<(), Failure> {
        let total = self.spent.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let ratio = total > RATIO_FROM && total / RATIO_MAX > packed;
        if total > self.limits.inflated_bytes || ratio {
            let message = "解压后体积异常,已拒绝;请删除图片或空白区域后另存";
            return Err(Failure::new(FailureCode::ZipBomb, message).with("inflated_bytes", total));
        }
        Ok(())
    }

    /// Refuses a sheet with too many rows, or a file with too many filled cells.
    pub fn check_size(
        &self,
        sheet_rows: u64,
        cells: u64,
        format: FileFormat,
    ) -> Result<(), Failure> {
        let rows_max = match format {
            FileFormat::Delimited => self.limits.text_rows,
            _ => self.limits.sheet_rows,
        };
        if sheet_rows > rows_max {
            let message = format!("行数超过上限{rows_max}行,请拆分后再传");
            return Err(Failure::new(FailureCode::TooManyRows, message));
        }
        if cells > self.limits.cells {
            let message = format!("单元格超过上限{}个,请拆分后再传", self.limits.cells);
            return Err(Failure::new(FailureCode::TooManyCells, message));
        }
        Ok(())
    }

    pub fn row(&self) {
        self.spent.rows.fetch_add(1, Ordering::Relaxed);
    }

    pub fn bytes(&self) -> u64 {
        self.spent.bytes.load(Ordering::Relaxed)
    }

    pub fn rows(&self) -> u64 {
        self.spent.rows.load(Ordering::Relaxed)
    }
}
