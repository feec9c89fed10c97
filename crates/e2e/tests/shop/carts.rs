//! Carts: the price of the moment, limits, and the way from an anonymous visitor to a user.

use fault::Reason;
use proto::{
    order::{
        AddToCartRequest, CartView, ClearCartRequest, CreateOrderRequest, GetCartRequest,
        MergeCartRequest, RemoveFromCartRequest, UpdateCartLineRequest,
    },
    product::{DeleteRequest, UpdateRequest},
};
use tonic::Request;

use crate::support::{PRICE_FEN, Shop, admin, buyer, by, reason};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn add(product_id: i64, quantity: i32, token: &str) -> AddToCartRequest {
    AddToCartRequest {
        token: token.to_owned(),
        product_id,
        quantity,
    }
}

impl Shop {
    async fn put(&self, user: i64, product: i64, quantity: i32) -> Result<CartView, Reason> {
        let request = by(&buyer(user), add(product, quantity, ""));
        let cart = self.cart.clone().add_to_cart(request).await;
        cart.map(tonic::Response::into_inner).map_err(reason)
    }

    async fn cart_of(&self, user: i64) -> CartView {
        let request = by(&buyer(user), GetCartRequest::default());
        let cart = self.cart.clone().get_cart(request).await;
        cart.unwrap().into_inner()
    }

    async fn change(&self, change: UpdateRequest) {
        let request = by(&admin(), change);
        self.product.clone().update(request).await.unwrap();
    }
}

#[tokio::test]
async fn a_cart_shows_what_would_be_charged_now() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 5).await;
    let chair = shop.product("chair", 50_000, 5).await;
    shop.put(1, lamp, 1).await.unwrap();
    shop.put(1, chair, 2).await.unwrap();
    let cart = shop.put(1, lamp, 2).await.unwrap();
    let told: Vec<_> = cart
        .lines
        .iter()
        .map(|line| (line.product_id, line.quantity, line.selected))
        .collect();
    assert_eq!(told, [(lamp, 3, true), (chair, 2, true)]);

    shop.change(UpdateRequest {
        id: lamp,
        price_fen: Some(5_000),
        stock: Some(2),
        ..UpdateRequest::default()
    })
    .await;
    let deleted = by(&admin(), DeleteRequest { id: chair });
    shop.product.clone().delete(deleted).await.unwrap();
    let cart = shop.cart_of(1).await;
    let line = &cart.lines[0];
    assert_eq!((line.price_fen, line.added_price_fen), (5_000, PRICE_FEN));
    assert!(line.on_shelf && !line.in_stock);
    assert!(cart.lines[1].deleted && !cart.lines[1].on_shelf);
    assert_eq!(cart.lines[1].product_name, "chair");
    assert!(shop.cart_of(2).await.lines.is_empty());
}

#[tokio::test]
async fn a_cart_refuses_what_cannot_be_bought() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 5).await;
    assert_eq!(shop.put(1, lamp, 6).await, Err(Reason::CartStock));
    shop.put(1, lamp, 3).await.unwrap();
    assert_eq!(shop.put(1, lamp, 3).await, Err(Reason::CartStock));
    assert_eq!(shop.put(1, lamp, 0).await, Err(Reason::CartParameter));
    assert_eq!(shop.put(1, lamp, 1_000).await, Err(Reason::CartLimit));
    assert_eq!(
        shop.put(1, lamp + 1, 1).await,
        Err(Reason::CartProductNotFound)
    );
    shop.change(UpdateRequest {
        id: lamp,
        on_shelf: Some(false),
        ..UpdateRequest::default()
    })
    .await;
    assert_eq!(shop.put(1, lamp, 1).await, Err(Reason::CartOffShelf));
    let anonymous = shop
        .cart
        .clone()
        .get_cart(GetCartRequest::default())
        .await
        .unwrap_err();
    assert_eq!(reason(anonymous), Reason::NotLoggedIn);
    for token in ["x", "0123456789ABCDEF0123456789ABCDEF", "u1"] {
        let request = add(lamp, 1, token);
        let refused = shop.cart.clone().add_to_cart(request).await.unwrap_err();
        assert_eq!(reason(refused), Reason::CartParameter);
    }
}

#[tokio::test]
async fn lines_are_changed_selected_and_removed() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 5).await;
    let chair = shop.product("chair", 50_000, 5).await;
    shop.put(1, lamp, 1).await.unwrap();
    shop.put(1, chair, 1).await.unwrap();
    let update = |product_id, quantity, selected| UpdateCartLineRequest {
        token: String::new(),
        product_id,
        quantity,
        selected,
    };
    let change = async |change| {
        let request: Request<UpdateCartLineRequest> = by(&buyer(1), change);
        let cart = shop.cart.clone().update_cart_line(request).await;
        cart.map(tonic::Response::into_inner).map_err(reason)
    };
    let cart = change(update(lamp, Some(4), Some(false))).await.unwrap();
    assert_eq!((cart.lines[0].quantity, cart.lines[0].selected), (4, false));
    assert_eq!(
        change(update(lamp, Some(6), None)).await,
        Err(Reason::CartStock)
    );
    assert_eq!(
        change(update(lamp + 9, None, Some(true))).await,
        Err(Reason::CartLineNotFound)
    );

    // Only what is selected is ordered; the rest stays.
    let order = shop.order(1, CreateOrderRequest::default()).await.unwrap();
    assert_eq!(order.lines.len(), 1);
    assert_eq!(order.lines[0].product_id, chair);
    assert_eq!(shop.cart_of(1).await.lines[0].product_id, lamp);
    let nothing = shop.order(1, CreateOrderRequest::default()).await;
    assert_eq!(nothing.unwrap_err(), Reason::CartEmpty);

    let named = CreateOrderRequest {
        cart_product_ids: vec![lamp],
        ..CreateOrderRequest::default()
    };
    assert_eq!(shop.order(1, named).await.unwrap().quantity, 4);
    shop.put(1, chair, 1).await.unwrap();
    let remove = RemoveFromCartRequest {
        token: String::new(),
        product_id: chair,
    };
    for _ in 0..2 {
        let request = by(&buyer(1), remove.clone());
        let cart = shop.cart.clone().remove_from_cart(request).await.unwrap();
        assert!(cart.into_inner().lines.is_empty());
    }
}

#[tokio::test]
async fn an_anonymous_cart_becomes_its_users_once() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 900).await;
    let chair = shop.product("chair", 50_000, 5).await;
    for (product, quantity) in [(lamp, 600), (chair, 1)] {
        let request = add(product, quantity, TOKEN);
        shop.cart.clone().add_to_cart(request).await.unwrap();
    }
    shop.put(1, lamp, 700).await.unwrap();
    for _ in 0..2 {
        let request = MergeCartRequest {
            token: TOKEN.to_owned(),
        };
        let request = by(&buyer(1), request);
        let cart = shop.cart.clone().merge_cart(request).await.unwrap();
        let mut told: Vec<_> = cart
            .into_inner()
            .lines
            .iter()
            .map(|line| (line.product_id, line.quantity))
            .collect();
        told.sort_unstable();
        assert_eq!(told, [(lamp, 999), (chair, 1)]);
    }
    let request = GetCartRequest {
        token: TOKEN.to_owned(),
    };
    let left = shop.cart.clone().get_cart(request).await.unwrap();
    assert!(left.into_inner().lines.is_empty());
    let clear = by(&buyer(1), ClearCartRequest::default());
    shop.cart.clone().clear_cart(clear).await.unwrap();
    assert!(shop.cart_of(1).await.lines.is_empty());
}

#[tokio::test]
async fn a_cart_that_nobody_touches_goes_and_a_users_stays() {
    let shop = Shop::open().await;
    let lamp = shop.product("lamp", PRICE_FEN, 9).await;
    let request = add(lamp, 1, TOKEN);
    shop.cart.clone().add_to_cart(request).await.unwrap();
    shop.put(1, lamp, 1).await.unwrap();
    shop.clock.advance_ms(30 * 24 * 3_600 * 1_000 + 1);
    shop.app.prune_carts().await.unwrap();
    let request = GetCartRequest {
        token: TOKEN.to_owned(),
    };
    let left = shop.cart.clone().get_cart(request).await.unwrap();
    assert!(left.into_inner().lines.is_empty());
    assert_eq!(shop.cart_of(1).await.lines.len(), 1);
}
