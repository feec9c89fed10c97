use fault::Reason;
use proto::product::{CreateRequest, ListRequest, ListResponse, Sort, UpdateRequest};
use tonic::Status;

use crate::support::{Shop, as_admin, as_user, draft, reason};

fn all() -> ListRequest {
    ListRequest {
        page: 1,
        page_size: 100,
        ..ListRequest::default()
    }
}

async fn list(shop: &Shop, request: ListRequest) -> Result<ListResponse, Status> {
    Ok(shop.client.clone().list(request).await?.into_inner())
}

async fn names(shop: &Shop, request: ListRequest) -> Vec<String> {
    let found = list(shop, request).await.unwrap();
    assert_eq!(found.total as usize, found.items.len());
    found.items.into_iter().map(|item| item.name).collect()
}

/// Three products, a second apart.
async fn stocked() -> Shop {
    let shop = Shop::open().await;
    for (name, price_fen, stock, category) in [
        ("Lamp 100%", 300, 5, "home"),
        ("chair", 100, 0, "home"),
        ("灯_b", 200, 1, "office"),
    ] {
        let category = category.to_owned();
        let item = CreateRequest {
            price_fen,
            stock,
            category,
            ..draft(name)
        };
        shop.create(item).await.unwrap();
        shop.clock.advance_ms(1_000);
    }
    shop
}

#[tokio::test]
async fn lists_are_sorted() {
    let shop = stocked().await;
    for (sort, want) in [
        (Sort::Unspecified, ["灯_b", "chair", "Lamp 100%"]),
        (Sort::CreatedAsc, ["Lamp 100%", "chair", "灯_b"]),
        (Sort::PriceAsc, ["chair", "灯_b", "Lamp 100%"]),
        (Sort::PriceDesc, ["Lamp 100%", "灯_b", "chair"]),
        (Sort::NameAsc, ["chair", "Lamp 100%", "灯_b"]),
        (Sort::NameDesc, ["灯_b", "Lamp 100%", "chair"]),
    ] {
        let request = ListRequest {
            sort: sort.into(),
            ..all()
        };
        assert_eq!(names(&shop, request).await, want, "{sort:?}");
    }
}

#[tokio::test]
async fn lists_are_searched() {
    let shop = stocked().await;
    for (keyword, want) in [
        ("LAMP", &["Lamp 100%"][..]),
        ("一盏", &["灯_b", "chair", "Lamp 100%"]),
        ("%", &["Lamp 100%"]),
        ("_", &["灯_b"]),
        ("' OR 1=1 -- ", &[]),
    ] {
        let request = ListRequest {
            keyword: keyword.to_owned(),
            ..all()
        };
        assert_eq!(names(&shop, request).await, want, "{keyword}");
    }
    for (category, want) in [("home", &["chair", "Lamp 100%"][..]), ("HOME", &[])] {
        let request = ListRequest {
            category: category.to_owned(),
            ..all()
        };
        assert_eq!(names(&shop, request).await, want, "{category}");
    }
}

#[tokio::test]
async fn lists_are_filtered() {
    let shop = stocked().await;
    let prices = |min_price_fen, max_price_fen| ListRequest {
        min_price_fen,
        max_price_fen,
        ..all()
    };
    for (request, want) in [
        (
            ListRequest {
                in_stock: true,
                ..all()
            },
            &["灯_b", "Lamp 100%"][..],
        ),
        (prices(Some(200), None), &["灯_b", "Lamp 100%"]),
        (prices(None, Some(200)), &["灯_b", "chair"]),
        (prices(Some(0), Some(150)), &["chair"]),
        (prices(Some(400), Some(150)), &[]),
    ] {
        assert_eq!(names(&shop, request.clone()).await, want, "{request:?}");
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let shop = stocked().await;
    let page = |page| ListRequest {
        page,
        page_size: 2,
        ..all()
    };
    let first = list(&shop, page(1)).await.unwrap();
    assert_eq!((first.items.len(), first.total), (2, 3));
    let second = list(&shop, page(2)).await.unwrap();
    assert_eq!((second.items.len(), second.total), (1, 3));
    assert_eq!(second.items[0].name, "Lamp 100%");
    let beyond = list(&shop, page(3)).await.unwrap();
    assert_eq!((beyond.items.len(), beyond.total), (0, 3));
    for (number, page_size) in [(0, 10), (1, 0), (1, 101), (u32::MAX, 100)] {
        let request = ListRequest {
            page: number,
            page_size,
            ..all()
        };
        let refused = list(&shop, request).await.unwrap_err();
        assert_eq!(
            reason(refused),
            Reason::ProductParameter,
            "{number} {page_size}"
        );
    }
    let request = ListRequest {
        keyword: "x".repeat(65),
        ..all()
    };
    assert_eq!(
        reason(list(&shop, request).await.unwrap_err()),
        Reason::ProductParameter
    );
    let unknown_sort = ListRequest { sort: 99, ..all() };
    assert_eq!(list(&shop, unknown_sort).await.unwrap().total, 3);
}

#[tokio::test]
async fn what_is_off_the_shelf_is_for_administrators() {
    let shop = stocked().await;
    let id = list(&shop, all()).await.unwrap().items[0].id;
    let off = UpdateRequest {
        id,
        on_shelf: Some(false),
        ..UpdateRequest::default()
    };
    shop.client.clone().update(as_admin(off)).await.unwrap();
    assert_eq!(list(&shop, all()).await.unwrap().total, 2);
    let too = ListRequest {
        off_shelf_too: true,
        ..all()
    };
    let refused = shop
        .client
        .clone()
        .list(as_user(too.clone()))
        .await
        .unwrap_err();
    assert_eq!(reason(refused), Reason::NotAdmin);
    let found = shop
        .client
        .clone()
        .list(as_admin(too))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.total, 3);
}

/// Callers that go away in the middle of an answer cost no connection.
#[tokio::test]
async fn impatient_callers_wedge_nothing() {
    let shop = Shop::open().await;
    for n in 0..100 {
        let item = CreateRequest {
            description: "长".repeat(2_000),
            ..draft(&format!("{n}"))
        };
        shop.create(item).await.unwrap();
    }
    for n in 0..300_u64 {
        let mut client = shop.client.clone();
        let asked = tokio::spawn(async move { client.list(all()).await });
        tokio::time::sleep(std::time::Duration::from_micros(n * 37 % 4_000)).await;
        asked.abort();
    }
    assert_eq!(list(&shop, all()).await.unwrap().items.len(), 100);
}
