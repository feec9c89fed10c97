mod inventory;

use std::sync::Arc;

use ids::{ProductId, UserId};
use proto::product as wire;
use tonic::{Request, Response, Status};

use crate::{
    App, Error,
    domain::{
        Amount, Draft, Filter, Invalid, Item, MoveKey, Outcome, Page, Patch, Price, PriceRange,
        Sort,
    },
};

#[derive(Debug, Clone)]
pub(crate) struct Grpc {
    pub(crate) app: Arc<App>,
}

type Answer<T> = Result<Response<T>, Status>;

fn refuse(error: impl Into<Error>) -> Status {
    rpc::status(&error.into())
}

fn product_id(id: i64) -> Result<ProductId, Status> {
    ProductId::try_from(id).map_err(|_| refuse(Error::NoId(id)))
}

fn admin<T>(request: &Request<T>) -> Result<UserId, Status> {
    auth::require_admin(request.metadata())
        .map(|admin| admin.user)
        .map_err(|error| rpc::status(&error))
}

#[tonic::async_trait]
impl wire::product_server::Product for Grpc {
    async fn create(&self, request: Request<wire::CreateRequest>) -> Answer<wire::Item> {
        admin(&request)?;
        let draft = draft(request.into_inner()).map_err(refuse)?;
        let item = self.app.create(draft).await.map_err(refuse)?;
        Ok(Response::new(encode(&item)))
    }

    async fn update(&self, request: Request<wire::UpdateRequest>) -> Answer<wire::Item> {
        let by = admin(&request)?;
        let request = request.into_inner();
        let id = product_id(request.id)?;
        let patch = patch(request).map_err(refuse)?;
        let item = self.app.update(by, id, patch).await.map_err(refuse)?;
        Ok(Response::new(encode(&item)))
    }

    async fn delete(&self, request: Request<wire::DeleteRequest>) -> Answer<wire::DeleteResponse> {
        admin(&request)?;
        let deleted = match ProductId::try_from(request.into_inner().id) {
            Ok(id) => self.app.delete(id).await.map_err(refuse)?,
            Err(_) => false,
        };
        Ok(Response::new(wire::DeleteResponse { deleted }))
    }

    async fn get(&self, request: Request<wire::GetRequest>) -> Answer<wire::Item> {
        let id = product_id(request.into_inner().id)?;
        let item = self.app.get(id).await.map_err(refuse)?;
        Ok(Response::new(encode(&item)))
    }

    async fn list(&self, request: Request<wire::ListRequest>) -> Answer<wire::ListResponse> {
        if request.get_ref().off_shelf_too {
            admin(&request)?;
        }
        let request = request.into_inner();
        let page = Page::new(request.page, request.page_size).map_err(refuse)?;
        let sort = sort(request.sort());
        let filter = filter(request).map_err(refuse)?;
        let (items, total) = self.app.list(&filter, sort, page).await.map_err(refuse)?;
        Ok(Response::new(wire::ListResponse {
            items: items.iter().map(encode).collect(),
            total,
        }))
    }

    async fn take_stock(
        &self,
        request: Request<wire::TakeStockRequest>,
    ) -> Answer<wire::TakeStockResponse> {
        let request = request.into_inner();
        let key = MoveKey::try_from(request.key).map_err(refuse)?;
        let id = product_id(request.product_id)?;
        let amount = Amount::to_take(request.units).map_err(refuse)?;
        let receipt = self.app.take_stock(key, id, amount).await.map_err(refuse)?;
        Ok(Response::new(wire::TakeStockResponse {
            taken: receipt.outcome == Outcome::Moved,
            units: receipt.moved,
            item: receipt.item.as_ref().map(encode),
        }))
    }

    async fn return_stock(
        &self,
        request: Request<wire::ReturnStockRequest>,
    ) -> Answer<wire::ReturnStockResponse> {
        let request = request.into_inner();
        let key = MoveKey::try_from(request.key).map_err(refuse)?;
        let id = product_id(request.product_id)?;
        let amount = Amount::to_return(request.units).map_err(refuse)?;
        self.app
            .return_stock(key, id, amount)
            .await
            .map_err(refuse)?;
        Ok(Response::new(wire::ReturnStockResponse {}))
    }
}

fn draft(request: wire::CreateRequest) -> Result<Draft, Invalid> {
    Ok(Draft {
        name: request.name.try_into()?,
        description: request.description.try_into()?,
        price: request.price_fen.try_into()?,
        stock: request.stock.try_into()?,
        category: request.category.try_into()?,
        image_url: request.image_url.try_into()?,
        images: request.images.try_into()?,
    })
}

fn patch(request: wire::UpdateRequest) -> Result<Patch, Invalid> {
    Ok(Patch {
        name: request.name.map(TryInto::try_into).transpose()?,
        description: request.description.map(TryInto::try_into).transpose()?,
        price: request.price_fen.map(TryInto::try_into).transpose()?,
        stock: request.stock.map(TryInto::try_into).transpose()?,
        category: request.category.map(TryInto::try_into).transpose()?,
        image_url: request.image_url.map(TryInto::try_into).transpose()?,
        images: request
            .images
            .map(|images| images.urls.try_into())
            .transpose()?,
        on_shelf: request.on_shelf,
    })
}

fn filter(request: wire::ListRequest) -> Result<Filter, Invalid> {
    // A bound that is no price bounds nothing: all prices are above zero.
    let from = request
        .min_price_fen
        .filter(|fen| *fen > 0)
        .map(Price::try_from)
        .transpose()?;
    let to = request.max_price_fen.map(Price::try_from).transpose()?;
    let mut filter = Filter::with_keyword(&request.keyword)?;
    filter.category = Some(request.category).filter(|category| !category.is_empty());
    filter.price = PriceRange { from, to };
    filter.in_stock = request.in_stock;
    filter.off_shelf_too = request.off_shelf_too;
    Ok(filter)
}

fn sort(sort: wire::Sort) -> Sort {
    match sort {
        wire::Sort::Unspecified | wire::Sort::CreatedDesc => Sort::CreatedDesc,
        wire::Sort::CreatedAsc => Sort::CreatedAsc,
        wire::Sort::PriceAsc => Sort::PriceAsc,
        wire::Sort::PriceDesc => Sort::PriceDesc,
        wire::Sort::NameAsc => Sort::NameAsc,
        wire::Sort::NameDesc => Sort::NameDesc,
    }
}

fn encode(item: &Item) -> wire::Item {
    wire::Item {
        id: item.id.get(),
        name: item.name.clone(),
        description: item.description.clone(),
        price_fen: item.price_fen,
        stock: item.stock,
        category: item.category.clone(),
        image_url: item.image_url.clone(),
        images: item.images.clone(),
        on_shelf: item.on_shelf,
        created_at_ms: item.created_at_ms,
        updated_at_ms: item.updated_at_ms,
    }
}
