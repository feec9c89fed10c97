use proptest::prelude::*;

use super::*;

fn record() -> impl Strategy<Value = Record> {
    let value = prop_oneof![
        any::<f64>().prop_filter("a value", |value| value.is_finite()),
        any::<i32>().prop_map(f64::from),
        Just(-0.0),
    ];
    let number = (value, any::<bool>(), 0..300_u16).prop_map(|(value, exact, format)| {
        (
            Stored::Number {
                value,
                exact,
                format,
            },
            String::new(),
        )
    });
    let text = ("\\PC{0,20}", any::<u128>(), 0..7_usize).prop_map(|(text, digest, note)| {
        let notes = [
            TextNote::Plain,
            TextNote::Date,
            TextNote::Number,
            TextNote::NumberOrDate,
            TextNote::Bool,
            TextNote::Error,
            TextNote::Image,
        ];
        (
            Stored::Text {
                start: 0,
                end: 0,
                digest,
                note: notes[note],
            },
            text,
        )
    });
    let cell = prop_oneof![
        number,
        text,
        any::<u32>().prop_map(|index| (Stored::Shared(index), String::new())),
        any::<bool>().prop_map(|value| (Stored::Bool(value), String::new())),
    ];
    let cells = prop::collection::btree_map(0..16_384_u32, cell, 0..8);
    (any::<u32>(), cells).prop_map(|(number, cells)| {
        let mut record = Record {
            number,
            ..Record::default()
        };
        for (column, (value, text)) in cells {
            let start = record.text.len() as u32;
            record.text.push_str(&text);
            let end = record.text.len() as u32;
            let value = match value {
                Stored::Text { digest, note, .. } => Stored::Text {
                    start,
                    end,
                    digest,
                    note,
                },
                other => other,
            };
            record.cells.push(StoredCell { column, value });
        }
        record
    })
}

proptest! {
    #[test]
    fn rows_come_back_in_order_and_by_number(
        records in prop::collection::vec(record(), 1..100),
        jumps in prop::collection::vec(any::<prop::sample::Index>(), 0..50),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = SpillWriter::create(&folder.path().join("rows")).unwrap();
        for record in &records {
            writer.add(record).unwrap();
        }
        let spill = writer.finish().unwrap();
        prop_assert_eq!(spill.rows(), records.len());
        let mut reader = spill.reader();
        let mut found = Record::default();
        for record in &records {
            prop_assert!(reader.next(&mut found).unwrap());
            prop_assert_eq!(&found, record);
        }
        prop_assert!(!reader.next(&mut found).unwrap());
        for jump in jumps {
            let row = jump.index(records.len());
            reader.get(row, &mut found).unwrap();
            prop_assert_eq!(&found, &records[row]);
        }
    }
}
