//! The index as its users see it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use proptest::prelude::*;
use search::{Document, Filters, Index, Match, Page, Query, Sort, Synonyms};

const SYNONYMS: &str = "手机,移动电话,phone\n充电宝,移动电源";

fn product(id: u64, name: &str, brand: &str, category: &str, price_fen: i64) -> Document {
    Document {
        id,
        name: name.into(),
        brand: brand.into(),
        category: category.into(),
        price_fen,
        in_stock: !id.is_multiple_of(3),
        sales: 100 - id,
        created_at_ms: id as i64,
        ..Document::default()
    }
}

fn shop() -> Index {
    let mut documents = vec![
        product(1, "无线蓝牙耳机 降噪版", "听海", "数码", 29_900),
        product(2, "有线耳机 Type-C", "听海", "数码", 4_900),
        product(3, "ＷｉＦｉ 路由器 AX3000", "云栈", "数码", 19_900),
        product(4, "智能手机 Nova 12 Pro", "云栈", "手机", 299_900),
        product(5, "手机壳 透明防摔", "素色", "配件", 2_900),
        product(6, "移动电源 20000mAh", "云栈", "配件", 9_900),
        product(7, "Mechanical Keyboard 87 keys", "Kestrel", "数码", 39_900),
        product(8, "龙井绿茶 礼盒", "山岚", "食品", 12_800),
    ];
    documents[4].description = "适合各种智能手机，<b>轻薄</b>不挡信号".into();
    documents[7].description = "明前采摘，送给爱茶的人".into();
    let index = Index::new(Synonyms::parse(SYNONYMS).unwrap()).unwrap();
    index.put(&documents).unwrap();
    index.commit().unwrap();
    index
}

fn query(text: &str) -> Query {
    Query {
        text: text.into(),
        limit: 10,
        ..Query::default()
    }
}

fn found(index: &Index, text: &str) -> (Vec<u64>, Match) {
    let page = index.search(&query(text)).unwrap();
    let mut ids = ids(&page);
    ids.sort_unstable();
    (ids, page.matched)
}

fn ids(page: &Page) -> Vec<u64> {
    page.hits.iter().map(|hit| hit.id).collect()
}

#[test]
fn words_are_found_where_they_stand() {
    let shop = shop();
    assert_eq!(found(&shop, "耳机"), (vec![1, 2], Match::Exact));
    assert_eq!(found(&shop, "蓝牙耳机"), (vec![1], Match::Exact));
    // A part that the segmenter would not cut, a brand, a description, full-width letters.
    assert_eq!(found(&shop, "牙耳"), (vec![1], Match::Exact));
    assert_eq!(found(&shop, "云栈 路由器"), (vec![3], Match::Exact));
    assert_eq!(found(&shop, "采摘"), (vec![8], Match::Exact));
    assert_eq!(found(&shop, "wifi"), (vec![3], Match::Exact));
    assert_eq!(found(&shop, "ＮＯＶＡ"), (vec![4], Match::Exact));
    // A phone comes before a cover for phones.
    assert_eq!(ids(&shop.search(&query("手机")).unwrap())[0], 4);
    assert_eq!(found(&shop, "蒸汽机车"), (vec![], Match::Partial));
}

#[test]
fn every_word_counts_before_some_do() {
    let shop = shop();
    assert_eq!(found(&shop, "听海 降噪"), (vec![1], Match::Exact));
    let (ids, matched) = found(&shop, "绿茶 火箭筒");
    assert_eq!((ids, matched), (vec![8], Match::Partial));
}

#[test]
fn synonyms_mean_the_same() {
    let shop = shop();
    assert_eq!(found(&shop, "充电宝"), (vec![6], Match::Exact));
    assert!(found(&shop, "phone").0.contains(&4));
    assert!(found(&shop, "移动电话").0.contains(&4));
}

#[test]
fn pinyin_and_initials_find_chinese() {
    let shop = shop();
    for text in ["lanyaerji", "lanya", "lyej"] {
        assert_eq!(found(&shop, text), (vec![1], Match::Exact), "{text}");
    }
    assert_eq!(found(&shop, "erji"), (vec![1, 2], Match::Exact));
}

#[test]
fn typing_errors_and_homophones_are_corrected() {
    let shop = shop();
    assert_eq!(found(&shop, "keybaord"), (vec![7], Match::Corrected));
    assert_eq!(found(&shop, "mechnical"), (vec![7], Match::Corrected));
    assert_eq!(found(&shop, "蓝芽耳机"), (vec![1], Match::Corrected));
    assert_eq!(found(&shop, "longjin"), (vec![8], Match::Exact));
}

#[test]
fn the_last_word_may_be_unfinished() {
    let shop = shop();
    assert_eq!(found(&shop, "mech"), (vec![7], Match::Exact));
    assert_eq!(found(&shop, "keyboard mech"), (vec![7], Match::Exact));
}

#[test]
fn suggestions_complete_names_best_sellers_first() {
    let shop = shop();
    assert_eq!(
        shop.suggest("手机", 5).unwrap(),
        ["智能手机 Nova 12 Pro", "手机壳 透明防摔"]
    );
    assert_eq!(shop.suggest("lanya", 5).unwrap(), ["无线蓝牙耳机 降噪版"]);
    assert_eq!(
        shop.suggest("KEY", 5).unwrap(),
        ["Mechanical Keyboard 87 keys"]
    );
    assert_eq!(shop.suggest("", 5).unwrap(), [""; 0]);
}

#[test]
fn facets_ignore_the_filter_of_their_own_kind() {
    let shop = shop();
    let mut query = query("");
    query.filters.categories = vec!["数码".into()];
    let page = shop.search(&query).unwrap();
    assert_eq!(page.total, 4);
    let categories: Vec<_> = page
        .facets
        .categories
        .iter()
        .map(|(_, count)| *count)
        .collect();
    assert_eq!(categories.iter().sum::<u64>(), 8);
    let brands: u64 = page.facets.brands.iter().map(|(_, count)| count).sum();
    assert_eq!(brands, 4);
    let prices = [(0, Some(5_000), 1), (10_000, Some(50_000), 3)];
    assert_eq!(page.facets.prices, prices);
}

#[test]
fn matches_are_marked() {
    let shop = shop();
    let page = shop.search(&query("手机")).unwrap();
    let cover = page.hits.iter().find(|hit| hit.id == 5).unwrap();
    assert_eq!(cover.name, "<em>手机</em>壳 透明防摔");
    assert!(
        cover
            .snippet
            .contains("智能<em>手机</em>，&lt;b&gt;轻薄&lt;/b&gt;")
    );
}

#[test]
fn a_change_shows_after_the_next_commit() {
    let shop = shop();
    shop.put(&[product(2, "入耳式耳塞", "听海", "数码", 5_900)])
        .unwrap();
    shop.remove([1]).unwrap();
    assert_eq!(found(&shop, "耳机").0, [1, 2]);
    shop.commit().unwrap();
    assert_eq!(found(&shop, "耳机").0, [0_u64; 0]);
    assert_eq!(found(&shop, "耳塞").0, [2]);
    assert_eq!(shop.len(), 7);
}

#[test]
fn a_page_beyond_the_bound_is_empty_and_counts() {
    let page = shop()
        .search(&Query {
            offset: usize::MAX,
            ..query("")
        })
        .unwrap();
    assert_eq!((page.hits.len(), page.total), (0, 8));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Filters, order and pages agree with the obvious way to do it.
    #[test]
    fn filters_and_pages_are_exact(
        prices in prop::collection::vec(1_i64..1_000, 1..40),
        min in prop::option::of(0_i64..1_000),
        max in prop::option::of(0_i64..1_000),
        in_stock: bool,
        page_size in 1_usize..7,
    ) {
        let documents: Vec<Document> = prices
            .iter()
            .zip(0_u64..)
            .map(|(price, id)| product(id, "杯子", ["甲", "乙"][id as usize % 2], "家居", *price))
            .collect();
        let index = Index::new(Synonyms::default()).unwrap();
        index.put(&documents).unwrap();
        index.commit().unwrap();
        let filters = Filters {
            brands: vec!["甲".into()],
            min_price_fen: min,
            max_price_fen: max,
            in_stock,
            ..Filters::default()
        };
        let mut expected: Vec<(i64, u64)> = documents
            .iter()
            .filter(|document| document.brand == "甲")
            .filter(|document| min.is_none_or(|min| document.price_fen >= min))
            .filter(|document| max.is_none_or(|max| document.price_fen <= max))
            .filter(|document| !in_stock || document.in_stock)
            .map(|document| (document.price_fen, document.id))
            .collect();
        expected.sort_unstable();
        let mut seen = Vec::new();
        loop {
            let page = index.search(&Query {
                text: "杯子".into(),
                filters: filters.clone(),
                sort: Sort::PriceAscending,
                offset: seen.len(),
                limit: page_size,
            }).unwrap();
            prop_assert_eq!(page.total, expected.len());
            if page.hits.is_empty() {
                break;
            }
            seen.extend(ids(&page));
        }
        let expected: Vec<u64> = expected.into_iter().map(|(_, id)| id).collect();
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn any_text_is_answered() {
    let shop = shop();
    proptest!(ProptestConfig::with_cases(100), |(text in any::<String>(), more in "[手机a-f*?:\"()\\\\~^ ]{0,80}")| {
        for text in [&text, &more] {
            let page = shop.search(&query(text)).unwrap();
            prop_assert!(page.hits.len() <= page.total);
            shop.suggest(text, 5).unwrap();
        }
    });
}
