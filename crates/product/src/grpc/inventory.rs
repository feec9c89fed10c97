//! The stock behind ordinary orders, and what an admin does about it.

use ids::OrderId;
use proto::product::{self as wire, reserve_response};
use tonic::{Request, Response};

use super::{Answer, Grpc, admin, encode, product_id, refuse};
use crate::{
    Error,
    domain::{
        Adjustment, Found, Invalid, Level, Line, Lines, Movement, Page, PriceChange, Refusal,
    },
};

#[tonic::async_trait]
impl wire::inventory_server::Inventory for Grpc {
    async fn reserve(
        &self,
        request: Request<wire::ReserveRequest>,
    ) -> Answer<wire::ReserveResponse> {
        let request = request.into_inner();
        let order = OrderId::try_from(request.order_id).map_err(|_| refuse(Invalid::Lines))?;
        let lines = lines(request.lines).map_err(refuse)?;
        let found = self.app.reserve(order, &lines).await.map_err(refuse)?;
        Ok(Response::new(reserved(found)))
    }

    async fn get_many(
        &self,
        request: Request<wire::GetManyRequest>,
    ) -> Answer<wire::GetManyResponse> {
        let ids = request.into_inner().ids;
        let items = self.app.get_many(&ids).await.map_err(refuse)?;
        Ok(Response::new(wire::GetManyResponse {
            items: items.iter().map(encode).collect(),
        }))
    }

    async fn adjust(&self, request: Request<wire::AdjustRequest>) -> Answer<wire::Level> {
        let by = admin(&request)?;
        let request = request.into_inner();
        let product = product_id(request.product_id)?;
        let wanted = Adjustment::new(product, request.delta, &request.reason, by, &request.key)
            .map_err(refuse)?;
        let found = self.app.adjust(&wanted).await.map_err(refuse)?;
        Ok(Response::new(level(found)))
    }

    async fn get_level(&self, request: Request<wire::GetLevelRequest>) -> Answer<wire::Level> {
        let product = product_id(request.into_inner().product_id)?;
        let found = self.app.level(product).await.map_err(refuse)?;
        Ok(Response::new(level(found)))
    }

    async fn set_low_stock(
        &self,
        request: Request<wire::SetLowStockRequest>,
    ) -> Answer<wire::Level> {
        admin(&request)?;
        let request = request.into_inner();
        let product = product_id(request.product_id)?;
        let mark = request
            .low_stock
            .try_into()
            .map_err(|e: Invalid| refuse(e))?;
        let found = self.app.set_low_stock(product, mark).await;
        Ok(Response::new(level(found.map_err(refuse)?)))
    }

    async fn list_low(
        &self,
        request: Request<wire::ListLowRequest>,
    ) -> Answer<wire::ListLowResponse> {
        admin(&request)?;
        let request = request.into_inner();
        let page = Page::new(request.page, request.page_size).map_err(refuse)?;
        let (levels, total) = self.app.low(page).await.map_err(refuse)?;
        Ok(Response::new(wire::ListLowResponse {
            levels: levels.into_iter().map(level).collect(),
            total,
        }))
    }

    async fn list_movements(
        &self,
        request: Request<wire::ListMovementsRequest>,
    ) -> Answer<wire::ListMovementsResponse> {
        admin(&request)?;
        let request = request.into_inner();
        let product = product_id(request.product_id)?;
        let found = self
            .app
            .movements(product, request.before_id, request.limit)
            .await
            .map_err(refuse)?;
        Ok(Response::new(wire::ListMovementsResponse {
            movements: found.into_iter().map(movement).collect(),
        }))
    }

    async fn list_price_changes(
        &self,
        request: Request<wire::ListPriceChangesRequest>,
    ) -> Answer<wire::ListPriceChangesResponse> {
        admin(&request)?;
        let request = request.into_inner();
        let product = product_id(request.product_id)?;
        let found = self
            .app
            .price_changes(product, request.before_id, request.limit)
            .await
            .map_err(refuse)?;
        Ok(Response::new(wire::ListPriceChangesResponse {
            changes: found.iter().map(price_change).collect(),
        }))
    }
}

fn lines(lines: Vec<wire::reserve_request::Line>) -> Result<Lines, Error> {
    let line = |line: wire::reserve_request::Line| {
        let id = line.product_id;
        Ok(Line {
            product: id.try_into().map_err(|_| Error::NoId(id))?,
            units: line.units,
        })
    };
    let lines: Vec<_> = lines.into_iter().map(line).collect::<Result<_, Error>>()?;
    Ok(Lines::new(lines)?)
}

fn reserved(found: Found) -> wire::ReserveResponse {
    let (refusal, product) = match found.refusal {
        None => (reserve_response::Refusal::Unspecified, 0),
        Some((refusal, product)) => (refusal_on_wire(refusal), product),
    };
    let lines = found.held.into_iter().map(|held| reserve_response::Line {
        product_id: held.line.product.get(),
        units: held.line.units,
        price_fen: held.price_fen,
        product_name: held.name,
        product_image: held.image,
        category: held.category,
    });
    wire::ReserveResponse {
        refusal: refusal.into(),
        refused_product_id: product,
        lines: lines.collect(),
    }
}

fn refusal_on_wire(refusal: Refusal) -> reserve_response::Refusal {
    match refusal {
        Refusal::Missing => reserve_response::Refusal::Missing,
        Refusal::OffShelf => reserve_response::Refusal::OffShelf,
        Refusal::Short => reserve_response::Refusal::Short,
        Refusal::Over => reserve_response::Refusal::Over,
    }
}

fn level(level: Level) -> wire::Level {
    wire::Level {
        product_id: level.product.get(),
        stock: level.stock,
        reserved: level.reserved,
        low_stock: level.low_stock,
        product_name: level.name,
    }
}

fn movement(movement: Movement) -> wire::Movement {
    wire::Movement {
        id: movement.id,
        product_id: movement.product,
        kind: movement.kind,
        stock_delta: movement.stock_delta,
        stock: movement.stock,
        reserved: movement.reserved,
        reference: movement.reference,
        user_id: movement.user,
        reason: movement.reason,
        at_ms: movement.at_ms,
    }
}

fn price_change(change: &PriceChange) -> wire::PriceChange {
    wire::PriceChange {
        id: change.id,
        product_id: change.product,
        old_fen: change.old_fen,
        new_fen: change.new_fen,
        user_id: change.user,
        at_ms: change.at_ms,
    }
}
