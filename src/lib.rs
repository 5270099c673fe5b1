//! Device enrollments of Azure IoT Hub Device Provisioning Service (DPS).

#[cfg(feature = "emulator")]
pub mod emulator;
pub mod error;
pub mod model;
