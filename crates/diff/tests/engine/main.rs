//! The comparison engine as its callers see it: files in, a workbook, a summary and a preview out.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod binaries;
mod choices;
mod duplicates;
mod english;
mod forms;
mod formulas;
mod headers;
mod invariants;
mod mutations;
mod notes;
mod outside;
mod raw;
mod same;
mod support;
mod texts;
mod workbook;
