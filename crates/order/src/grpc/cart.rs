//! Carts: the caller's own, or that of a token.

use proto::order::{
    AddToCartRequest, CartView, ClearCartRequest, GetCartRequest, MergeCartRequest,
    RemoveFromCartRequest, UpdateCartLineRequest, cart_server::Cart, cart_view::Line,
};
use tonic::{Request, Response, Status};

use super::{Grpc, caller, reply};
use crate::{
    Error,
    app::{Owner, Shown},
};

#[tonic::async_trait]
impl Cart for Grpc {
    async fn get_cart(
        &self,
        request: Request<GetCartRequest>,
    ) -> Result<Response<CartView>, Status> {
        reply(
            async {
                let owner = owner(&request, &request.get_ref().token)?;
                Ok(view(self.app.get_cart(&owner).await?))
            }
            .await,
        )
    }

    async fn add_to_cart(
        &self,
        request: Request<AddToCartRequest>,
    ) -> Result<Response<CartView>, Status> {
        reply(
            async {
                let owner = owner(&request, &request.get_ref().token)?;
                let AddToCartRequest {
                    product_id,
                    quantity,
                    ..
                } = request.into_inner();
                let cart = self.app.add_to_cart(&owner, product_id, quantity).await?;
                Ok(view(cart))
            }
            .await,
        )
    }

    async fn update_cart_line(
        &self,
        request: Request<UpdateCartLineRequest>,
    ) -> Result<Response<CartView>, Status> {
        reply(
            async {
                let owner = owner(&request, &request.get_ref().token)?;
                let line = request.into_inner();
                let cart = self
                    .app
                    .update_cart_line(&owner, line.product_id, line.quantity, line.selected)
                    .await?;
                Ok(view(cart))
            }
            .await,
        )
    }

    async fn remove_from_cart(
        &self,
        request: Request<RemoveFromCartRequest>,
    ) -> Result<Response<CartView>, Status> {
        reply(
            async {
                let owner = owner(&request, &request.get_ref().token)?;
                let product = request.get_ref().product_id;
                Ok(view(self.app.remove_from_cart(&owner, product).await?))
            }
            .await,
        )
    }

    async fn clear_cart(
        &self,
        request: Request<ClearCartRequest>,
    ) -> Result<Response<CartView>, Status> {
        reply(
            async {
                let owner = owner(&request, &request.get_ref().token)?;
                self.app.clear_cart(&owner).await?;
                Ok(CartView::default())
            }
            .await,
        )
    }

    async fn merge_cart(
        &self,
        request: Request<MergeCartRequest>,
    ) -> Result<Response<CartView>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let anonymous = Owner::anonymous(&request.get_ref().token)?;
                Ok(view(self.app.merge_cart(&caller, &anonymous).await?))
            }
            .await,
        )
    }
}

fn owner<T>(request: &Request<T>, token: &str) -> Result<Owner, Error> {
    if token.is_empty() {
        Ok(Owner::user(&caller(request)?))
    } else {
        Owner::anonymous(token)
    }
}

fn view(cart: Vec<Shown>) -> CartView {
    CartView {
        lines: cart.into_iter().map(line).collect(),
    }
}

fn line(Shown { line, item }: Shown) -> Line {
    let mut view = Line {
        product_id: line.product_id,
        product_name: line.product_name,
        product_image: line.product_image,
        price_fen: line.price_fen,
        added_price_fen: line.price_fen,
        quantity: line.quantity,
        selected: line.selected,
        deleted: item.is_none(),
        ..Line::default()
    };
    if let Some(item) = item {
        view.product_name = item.name;
        view.product_image = item.image_url;
        view.price_fen = item.price_fen;
        view.on_shelf = item.on_shelf;
        view.in_stock = item.stock >= i64::from(line.quantity);
    }
    view
}
