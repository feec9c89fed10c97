//! A sale's keys in Redis, read and damaged behind seckill's back.

use kv::cmd;

use super::Shop;

pub(crate) const PARTS: [&str; 4] = ["meta", "returned", "buyers", "unsent"];

impl Shop {
    /// Changes a field of what Redis knows of the sale itself.
    pub(crate) async fn forge(&self, activity: i64, field: &str, value: &str) {
        let key = self.key(activity, "meta");
        let command = cmd("HSET").arg(key).arg(field).arg(value).to_owned();
        let added: i64 = self.kv.query(&command).await.unwrap();
        assert_eq!(added, 0, "meta has no {field}");
    }

    pub(crate) fn key(&self, activity: i64, part: &str) -> String {
        self.kv.key(&format!("{{sale:{activity}}}:{part}"))
    }

    /// The sale's keys, byte for byte.
    pub(crate) async fn dump(&self, activity: i64) -> Vec<Option<Vec<u8>>> {
        let mut dump = Vec::new();
        for part in PARTS {
            let command = cmd("DUMP").arg(self.key(activity, part)).to_owned();
            dump.push(self.kv.query(&command).await.unwrap());
        }
        dump
    }

    pub(crate) async fn lose(&self, activity: i64, parts: &[&str]) {
        for part in parts {
            let command = cmd("DEL").arg(self.key(activity, part)).to_owned();
            let _: i64 = self.kv.query(&command).await.unwrap();
        }
    }

    /// Redis comes back as it was when `dump` was taken.
    pub(crate) async fn roll_back(&self, activity: i64, dump: &[Option<Vec<u8>>]) {
        self.lose(activity, &PARTS).await;
        for (part, bytes) in PARTS.iter().zip(dump) {
            if let Some(bytes) = bytes {
                let key = self.key(activity, part);
                let command = cmd("RESTORE")
                    .arg(key)
                    .arg(0)
                    .arg(bytes.as_slice())
                    .to_owned();
                let _: String = self.kv.query(&command).await.unwrap();
            }
        }
    }
}
