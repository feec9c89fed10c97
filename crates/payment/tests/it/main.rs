//! The payment service against real MySQL and RabbitMQ, and the simulator of the payment company.

mod order;
mod support;

mod mock_pay;
mod order_closing;
