//! The HTML document around the pages, and the security policy that it is sent with.

use http::{
    HeaderValue,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
};
use leptos::{config::LeptosOptions, hydration::AutoReload, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;

use crate::{
    App,
    api::caller,
    theme::{THEME_COOKIE, Theme},
};

/// Where the page finds its style and its code; decided by whoever serves them.
#[derive(Debug, Clone)]
pub struct SiteFiles {
    /// What every address of a file begins with, without a slash at the end; it changes whenever
    /// a file does, so that all of them can be cached for ever.
    pub base: String,
    /// Reloads the page when its source changes; in development only.
    pub reload: Option<LeptosOptions>,
}

impl SiteFiles {
    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }
}

/// The whole document.
#[must_use]
pub fn shell(files: &SiteFiles) -> impl IntoView + use<> {
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    send_headers(&nonce, files);
    let theme = chosen_theme();
    let hydrate = format!(
        "import start,{{hydrate}} from \"{}\";start({{module_or_path:\"{}\"}}).then(hydrate)",
        files.at("pkg/helix.js"),
        files.at("pkg/helix.wasm"),
    );
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta
                    name="viewport"
                    content="width=device-width, initial-scale=1, interactive-widget=resizes-content"
                />
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f9fafb"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0e1116"/>
                <link rel="icon" type="image/svg+xml" href=files.at("favicon.svg")/>
                <link
                    rel="preload"
                    href=files.at("fonts/inter-latin-wght-normal.woff2")
                    r#as="font"
                    r#type="font/woff2"
                    crossorigin="anonymous"
                />
                <link rel="stylesheet" href=files.at("pkg/helix.css")/>
                <link rel="modulepreload" href=files.at("pkg/helix.js") nonce=nonce.clone()/>
                <link
                    rel="preload"
                    href=files.at("pkg/helix.wasm")
                    r#as="fetch"
                    r#type="application/wasm"
                    crossorigin="anonymous"
                />
                <script type="module" nonce=nonce>{hydrate}</script>
                {files.reload.clone().map(|options| view! { <AutoReload options/> })}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

fn chosen_theme() -> Theme {
    let cookie = use_context::<http::request::Parts>()
        .and_then(|parts| caller::cookie(&parts.headers, THEME_COOKIE));
    cookie.as_deref().map(Theme::named).unwrap_or_default()
}

/// The page runs only our own code, and nobody may frame it; it is never stored by a cache.
fn send_headers(nonce: &str, files: &SiteFiles) {
    let reload_socket = files.reload.as_ref().map_or_else(String::new, |options| {
        format!(" ws://{}:{}", options.site_addr.ip(), options.reload_port)
    });
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'{reload_socket}; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Some(options) = use_context::<ResponseOptions>()
        && let Ok(policy) = HeaderValue::from_str(&policy)
    {
        options.insert_header(CONTENT_SECURITY_POLICY, policy);
        options.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
