use fault::Reason;
use proto::product::CreateRequest;

use crate::support::{Shop, as_user, draft, reason};

#[tokio::test]
async fn a_product_goes_on_the_shelf() {
    let shop = Shop::open().await;
    let item = shop.create(draft(" 台灯 😀 ")).await.unwrap();
    assert_eq!(item.name, "台灯 😀");
    assert_eq!((item.price_fen, item.stock), (9_900, 10));
    assert!(item.on_shelf);
    let now_ms = clock::Clock::now_ms(&*shop.clock);
    assert_eq!((item.created_at_ms, item.updated_at_ms), (now_ms, now_ms));
}

#[tokio::test]
async fn only_administrators_create() {
    let shop = Shop::open().await;
    let refused = shop
        .client
        .clone()
        .create(as_user(draft("lamp")))
        .await
        .unwrap_err();
    assert_eq!(reason(refused), Reason::NotAdmin);
    let refused = shop.client.clone().create(draft("lamp")).await.unwrap_err();
    assert_eq!(reason(refused), Reason::NotLoggedIn);
}

#[tokio::test]
async fn what_is_no_product_is_refused() {
    let shop = Shop::open().await;
    let bad = [
        draft(""),
        draft(&"灯".repeat(256)),
        draft("a\nb"),
        CreateRequest {
            price_fen: 0,
            ..draft("x")
        },
        CreateRequest {
            price_fen: -1,
            ..draft("x")
        },
        CreateRequest {
            price_fen: i64::MAX,
            ..draft("x")
        },
        CreateRequest {
            stock: -1,
            ..draft("x")
        },
        CreateRequest {
            stock: i64::MAX,
            ..draft("x")
        },
        CreateRequest {
            description: "x".repeat(2_001),
            ..draft("x")
        },
        CreateRequest {
            category: "x".repeat(65),
            ..draft("x")
        },
        CreateRequest {
            image_url: "javascript:alert(1)".to_owned(),
            ..draft("x")
        },
    ];
    for draft in bad {
        let refused = shop.create(draft.clone()).await.unwrap_err();
        assert_eq!(reason(refused), Reason::ProductParameter, "{draft:?}");
    }
    let name = "'; DROP TABLE products; -- \\ %";
    assert_eq!(shop.create(draft(name)).await.unwrap().name, name);
}
