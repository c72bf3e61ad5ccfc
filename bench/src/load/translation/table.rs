//! What translations cost, for people: a row for each pair.

use std::fmt::{self, Formatter};

use super::{CONNECTIONS, Compared, Translation, Way};
use crate::load::table::figure;

/// Whole answers, then streams.
pub(in crate::load) fn write(out: &mut Formatter<'_>, parts: &[Translation]) -> fmt::Result {
    for (is_streaming, title) in [(false, "whole answers"), (true, "streams without pauses")] {
        let parts: Vec<_> = parts.iter().filter(|part| part.is_streaming == is_streaming).collect();
        if let Some(first) = parts.first() {
            writeln!(out, "\ntranslation, {title}, {CONNECTIONS} connections: a call's CPU")?;
            writeln!(
                out,
                "  {:<44}{:>9}{:>8}{:>8}{:>11}{:>8}{:>8}",
                "client → provider",
                "CPU µs",
                "×bare",
                "×relay",
                format!("{}/s", first.unit),
                "×bare",
                "errors",
            )?;
        }
        for part in parts {
            part.ways.iter().try_for_each(|compared| write_way(out, part, compared))?;
        }
    }
    Ok(())
}

fn write_way(out: &mut Formatter<'_>, part: &Translation, compared: &Compared) -> fmt::Result {
    let pair = match compared.way {
        Way::Bare => format!("{} (bare proxy)", part.client),
        Way::GatewayTo(_) if compared.is_relay => format!("{} (relay)", part.client),
        Way::GatewayTo(provider) => format!("{} → {provider}", part.client),
    };
    writeln!(
        out,
        "  {pair:<44}{:>9}{:>8}{:>8}{:>11.0}{:>8}{:>8}",
        figure(compared.cpu_us_per_call, 1),
        figure(compared.cpu_against_bare, 2),
        figure(compared.cpu_against_relay, 2),
        compared.median.per_second,
        figure(compared.rate_against_bare, 2),
        compared.median.errors,
    )?;
    match &compared.median.first_error {
        Some(error) => writeln!(out, "    first error: {error}"),
        None => Ok(()),
    }
}
