//! Ordinary orders, and what is sent.

use std::collections::HashMap;

use ids::OrderId;
use proto::order::{
    self as wire, ConfirmOrderRequest, CreateOrderRequest, ListAllOrdersRequest,
    ListAllOrdersResponse, OrderLine, OrderLogRequest, OrderLogResponse, OrderView,
    ShipOrderRequest, order_log_response::Entry, retail_server::Retail,
};
use tonic::{Request, Response, Status};

use super::{Grpc, caller, decode, encode, reply};
use crate::{
    Error,
    app::{Face, Parcel, Placing},
    domain::{Address, RetailOrder, Shipment},
    store::shipments::LogEntry,
};

#[tonic::async_trait]
impl Retail for Grpc {
    async fn create_order(
        &self,
        request: Request<CreateOrderRequest>,
    ) -> Result<Response<OrderView>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let placing = placing(request.into_inner())?;
                let order = self.app.create_order(&caller, &placing).await?;
                Ok(order_view(&order))
            }
            .await,
        )
    }

    async fn ship_order(
        &self,
        request: Request<ShipOrderRequest>,
    ) -> Result<Response<OrderView>, Status> {
        reply(
            async {
                let admin = auth::require_admin(request.metadata())?;
                let request = request.into_inner();
                let no = decode::order_no(&request.order_no)?;
                let parcel = Parcel::new(&request.carrier, &request.tracking_no)?;
                let face = self.app.ship_order(&admin, no.id(), &parcel).await?;
                self.view(face, admin.user).await
            }
            .await,
        )
    }

    async fn confirm_order(
        &self,
        request: Request<ConfirmOrderRequest>,
    ) -> Result<Response<OrderView>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let no = decode::order_no(&request.get_ref().order_no)?;
                let face = self.app.confirm_order(&caller, no.id()).await?;
                self.view(face, caller.user).await
            }
            .await,
        )
    }

    async fn order_log(
        &self,
        request: Request<OrderLogRequest>,
    ) -> Result<Response<OrderLogResponse>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let no = decode::order_no(&request.get_ref().order_no)?;
                let log = self.app.order_log(&caller, no.id()).await?;
                Ok(OrderLogResponse {
                    entries: log.into_iter().map(entry).collect(),
                })
            }
            .await,
        )
    }

    async fn list_all_orders(
        &self,
        request: Request<ListAllOrdersRequest>,
    ) -> Result<Response<ListAllOrdersResponse>, Status> {
        reply(
            async {
                auth::require_admin(request.metadata())?;
                let (filter, page, size) = decode::list_all(request.get_ref())?;
                let (orders, total) = self.app.list_all_orders(&filter, page, size).await?;
                let mut orders: Vec<_> = orders.iter().map(order_view).collect();
                self.add_shipments(&mut orders).await?;
                Ok(ListAllOrdersResponse { orders, total })
            }
            .await,
        )
    }
}

impl Grpc {
    pub(super) async fn view(&self, face: Face, buyer: ids::UserId) -> Result<OrderView, Error> {
        let mut views = [encode::face(face, buyer)];
        self.add_shipments(&mut views).await?;
        let [view] = views;
        Ok(view)
    }

    /// What was sent is shown as shipped, or as completed once it arrived; a refund shows as the refund that it is.
    pub(super) async fn add_shipments(&self, views: &mut [OrderView]) -> Result<(), Error> {
        let ids: Vec<_> = views
            .iter()
            .filter(|view| view.paid_at_ms > 0)
            .map(|view| view.id)
            .collect();
        let shipments: HashMap<OrderId, Shipment> = self.app.shipments(&ids).await?;
        for view in views {
            let shipment = OrderId::try_from(view.id).ok();
            let Some(shipment) = shipment.and_then(|id| shipments.get(&id)) else {
                continue;
            };
            if view.state() == wire::State::Paid {
                view.set_state(if shipment.confirmed_at_ms > 0 {
                    wire::State::Completed
                } else {
                    wire::State::Shipped
                });
            }
            view.shipment = Some(wire::Shipment {
                carrier: shipment.carrier.clone(),
                tracking_no: shipment.tracking_no.clone(),
                shipped_at_ms: shipment.shipped_at_ms,
                confirmed_at_ms: shipment.confirmed_at_ms,
            });
        }
        Ok(())
    }
}

/// An ordinary order; the fields of a single product are those of its first line.
pub(super) fn order_view(order: &RetailOrder) -> OrderView {
    let mut view = OrderView {
        id: order.id.get(),
        order_no: order.no().to_string(),
        user_id: order.user.get(),
        quantity: order.lines.iter().map(|line| line.quantity).sum(),
        total_fen: order.payable().map_or(0, money::Money::fen),
        created_at_ms: order.at_ms,
        expires_at_ms: order.expires_at_ms,
        goods_fen: order.goods_fen(),
        discount_fen: order.discount_fen(),
        user_coupon_id: order.user_coupon,
        remark: order.remark.clone(),
        lines: order
            .lines
            .iter()
            .map(|line| OrderLine {
                product_id: line.product.get(),
                product_name: line.name.clone(),
                product_image: line.image.clone(),
                price_fen: line.price_fen,
                quantity: line.quantity,
                discount_fen: line.discount_fen,
            })
            .collect(),
        ..OrderView::default()
    };
    if let Some(line) = order.lines.first() {
        view.product_id = line.product.get();
        view.product_name.clone_from(&line.name);
        view.product_image.clone_from(&line.image);
        view.price_fen = line.price_fen;
    }
    if order.address != Address::default() {
        view.address = Some(wire::Address {
            name: order.address.name.clone(),
            phone: order.address.phone.clone(),
            region: order.address.region.clone(),
            detail: order.address.detail.clone(),
        });
    }
    if let Some(state) = order.state() {
        view.set_state(encode::state(state));
        encode::reason(state).clone_into(&mut view.reason);
        if let Some(payment) = state.payment() {
            view.paid_at_ms = payment.at_ms;
            payment.no.as_str().clone_into(&mut view.payment_no);
        }
    }
    view
}

fn entry(entry: LogEntry) -> Entry {
    Entry {
        at_ms: entry.at_ms,
        user_id: entry.user_id,
        step: entry.step,
        detail: entry.detail,
    }
}

fn placing(request: CreateOrderRequest) -> Result<Placing, Error> {
    const CHARS_MAX: usize = 500;
    let remark = request.remark.trim().to_owned();
    if remark.chars().count() > CHARS_MAX {
        return Err(Error::Parameter("remark: at most 500 characters"));
    }
    if request.cart_product_ids.len() > 50 {
        return Err(Error::Parameter("product_ids: at most 50"));
    }
    if request.user_coupon_id < 0 {
        return Err(Error::NoUserCoupon);
    }
    Ok(Placing {
        wishes: decode::wishes(
            request
                .lines
                .iter()
                .map(|line| (line.product_id, line.quantity)),
        )?,
        cart_products: request.cart_product_ids,
        user_coupon: request.user_coupon_id,
        address: request
            .address
            .map(address)
            .transpose()?
            .unwrap_or_default(),
        remark,
        key: request.idempotency_key,
    })
}

fn address(address: wire::Address) -> Result<Address, Error> {
    let fits =
        |text: &str, max: usize| text.chars().count() <= max && !text.chars().any(char::is_control);
    let named = !address.name.is_empty() && !address.detail.is_empty();
    let fine = named
        && fits(&address.name, 64)
        && fits(&address.phone, 32)
        && fits(&address.region, 128)
        && fits(&address.detail, 255);
    if fine {
        Ok(Address {
            name: address.name,
            phone: address.phone,
            region: address.region,
            detail: address.detail,
        })
    } else {
        Err(Error::Parameter("address: name and detail, within bounds"))
    }
}
