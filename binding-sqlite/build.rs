//! Passes Node-API's linker arguments on.

fn main() {
    napi_build::setup();
}
