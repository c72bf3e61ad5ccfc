//! The time zone in which a person reads figures.
//!
//! Only the browser knows it. It says so in a cookie, once it runs our code; until then, and
//! without code, days are those of UTC.

/// The cookie that holds the IANA name of the browser's time zone.
const TIME_ZONE_COOKIE: &str = "helix_time_zone";

/// The browser's time zone, if it has told one that there is.
#[cfg(feature = "ssr")]
pub(crate) fn of_request() -> Option<String> {
    let parts = leptos::prelude::use_context::<http::request::Parts>()?;
    let name = crate::api::caller::cookie(&parts.headers, TIME_ZONE_COOKIE)?;
    gateway::kernel::instant::is_time_zone(&name).then_some(name)
}

/// Tells the server which time zone this browser is in.
#[cfg(feature = "hydrate")]
pub fn tell() {
    use js_sys::{Array, Intl::DateTimeFormat, Object, Reflect};
    let options = DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    let name = Reflect::get(&options, &"timeZone".into()).ok().and_then(|name| name.as_string());
    if let Some(name) = name {
        crate::browser::set_cookie(&format!(
            "{TIME_ZONE_COOKIE}={name}; Path=/; Max-Age=31536000; SameSite=Lax"
        ));
    }
}
