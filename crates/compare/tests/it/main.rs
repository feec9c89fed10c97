//! The comparison service against real MySQL, RabbitMQ and S3.
