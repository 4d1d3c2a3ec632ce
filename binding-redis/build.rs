//! Passes to the linker the arguments that a Node-API addon needs.

fn main() {
    napi_build::setup();
}
