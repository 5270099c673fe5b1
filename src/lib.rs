//! Device enrollments of Azure IoT Hub Device Provisioning Service (DPS).

pub mod error;
pub mod model;
