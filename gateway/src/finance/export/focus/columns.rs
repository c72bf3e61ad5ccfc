//! The columns of each version, first those of the specification in the order of the alphabet,
//! then ours, which begin with `x_`.

use shared::{
    Id,
    id::{ApiKey, Team, User},
};

use super::{FocusVersion, row::Row, sku};
use crate::finance::{
    HOUR_MICROS,
    export::cell::{Cell, Kind},
};

/// A column and what it shows of a row.
#[derive(Clone, Copy)]
pub(super) struct FocusColumn {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The first version that has it.
    since: FocusVersion,
    /// The first version that says that it will go, and the first that is without it.
    pub(super) deprecated: Option<(FocusVersion, FocusVersion)>,
    pub(super) value: for<'a> fn(&'a Row<'a>) -> Cell<'a>,
}

/// The columns of a version.
pub(super) fn of(version: FocusVersion) -> impl Iterator<Item = &'static FocusColumn> {
    COLUMNS.iter().filter(move |column| {
        let is_gone = column.deprecated.is_some_and(|(_, gone)| version >= gone);
        version >= column.since && !is_gone
    })
}

/// Decimals of what the ledger has booked.
const MONEY: Kind = Kind::Decimal(9);
/// Decimals of a price times a quantity.
const EXACT_COST: Kind = Kind::Decimal(15);
const QUANTITY: Kind = Kind::Decimal(6);
/// A count is a decimal to the specification; readers that guess by what they see need to see one.
const COUNT: Kind = Kind::Decimal(1);
const INSTANT: Kind = Kind::Instant(0);

type Value = for<'a> fn(&'a Row<'a>) -> Cell<'a>;

const fn column(name: &'static str, kind: Kind, value: Value) -> FocusColumn {
    FocusColumn { name, kind, since: FocusVersion::V1_2, deprecated: None, value }
}

const fn text(name: &'static str, value: Value) -> FocusColumn {
    column(name, Kind::Text, value)
}

const fn new_in_1_3(column: FocusColumn) -> FocusColumn {
    FocusColumn { since: FocusVersion::V1_3, ..column }
}

const fn gone_in_1_4(column: FocusColumn) -> FocusColumn {
    FocusColumn { deprecated: Some((FocusVersion::V1_3, FocusVersion::V1_4)), ..column }
}

static COLUMNS: &[FocusColumn] = &[
    column("BilledCost", MONEY, |row| Cell::Decimal(row.sums.cost.nanos().into())),
    text("BillingAccountId", |row| Cell::text(&row.names.organization.id)),
    text("BillingAccountName", |row| Cell::text(&row.names.organization.name)),
    text("BillingCurrency", |_| Cell::text("USD")),
    column("BillingPeriodEnd", INSTANT, |row| Cell::Instant(row.group.month.1)),
    column("BillingPeriodStart", INSTANT, |row| Cell::Instant(row.group.month.0)),
    text("ChargeCategory", |row| Cell::text(if row.is_credit() { "Credit" } else { "Usage" })),
    text("ChargeClass", |row| Cell::known(row.charge_class())),
    text("ChargeDescription", |row| Cell::text(row.description())),
    text("ChargeFrequency", |row| {
        Cell::text(if row.is_credit() { "One-Time" } else { "Usage-Based" })
    }),
    column("ChargePeriodEnd", INSTANT, |row| Cell::Instant(row.group.hour_at + HOUR_MICROS)),
    column("ChargePeriodStart", INSTANT, |row| Cell::Instant(row.group.hour_at)),
    text("CommitmentDiscountStatus", |_| Cell::Empty),
    column("ConsumedQuantity", COUNT, |row| {
        row.of_usage(|| i128::from(row.sums.tokens) * 10).map_or(Cell::Empty, Cell::Decimal)
    }),
    text("ConsumedUnit", |row| Cell::known(row.of_usage(|| row.measure().consumed_unit()))),
    column("ContractedCost", EXACT_COST, |row| Cell::Decimal(row.list_cost())),
    column("ContractedUnitPrice", MONEY, unit_price),
    column("EffectiveCost", MONEY, |row| Cell::Decimal(row.sums.cost.nanos().into())),
    new_in_1_3(text("HostProviderName", |row| Cell::text(&row.group.provider))),
    text("InvoiceId", |_| Cell::Empty),
    text("InvoiceIssuerName", |row| Cell::text(&row.group.provider)),
    column("ListCost", EXACT_COST, |row| Cell::Decimal(row.list_cost())),
    column("ListUnitPrice", MONEY, unit_price),
    text("PricingCategory", |row| Cell::known(row.of_usage(|| "Standard"))),
    text("PricingCurrency", |_| Cell::text("USD")),
    column("PricingCurrencyContractedUnitPrice", MONEY, unit_price),
    column("PricingCurrencyEffectiveCost", MONEY, |row| {
        Cell::Decimal(row.sums.cost.nanos().into())
    }),
    column("PricingCurrencyListUnitPrice", MONEY, unit_price),
    column("PricingQuantity", QUANTITY, |row| {
        row.of_usage(|| row.pricing_quantity()).map_or(Cell::Empty, Cell::Decimal)
    }),
    text("PricingUnit", |row| Cell::known(row.of_usage(|| row.measure().pricing_unit()))),
    gone_in_1_4(text("ProviderName", |row| Cell::text(&row.group.provider))),
    gone_in_1_4(text("PublisherName", |row| Cell::text(&row.group.provider))),
    text("ResourceId", |row| Cell::text(sku::resource_id(row.group))),
    text("ResourceName", |row| Cell::text(&row.group.model)),
    text("ResourceType", |_| Cell::text("Model Deployment")),
    text("ServiceCategory", |_| Cell::text("AI and Machine Learning")),
    text("ServiceName", |_| Cell::text("Language Models")),
    new_in_1_3(text("ServiceProviderName", |row| Cell::text(&row.group.provider))),
    text("ServiceSubcategory", |_| Cell::text("Generative AI")),
    text("SkuId", |row| Cell::known(row.of_usage(|| sku::sku_id(row.group)))),
    text("SkuMeter", |row| Cell::known(row.of_usage(|| sku::meter(&row.group.token_class)))),
    text("SkuPriceDetails", |row| Cell::known(row.of_usage(|| sku::sku_price_details(row.group)))),
    text("SkuPriceId", |row| Cell::known(row.of_usage(|| sku::sku_price_id(row.group)))),
    text("SubAccountId", |row| {
        Cell::known(row.group.team_id.map(|id| Id::<Team>::from_uuid(id).to_string()))
    }),
    text("SubAccountName", |row| Cell::known(row.names.team(row.group.team_id))),
    text("SubAccountType", |row| Cell::known(row.group.team_id.map(|_| "Team"))),
    text("x_ApiKeyId", |row| {
        Cell::known(row.group.key_id.map(|id| Id::<ApiKey>::from_uuid(id).to_string()))
    }),
    text("x_ApiKeyName", |row| Cell::known(row.names.key(row.group.key_id))),
    text("x_CorrectionKind", |row| {
        if row.group.is_usage() { Cell::Empty } else { Cell::text(&row.group.kind) }
    }),
    column("x_EstimatedQuantity", Kind::Integer, |row| Cell::Integer(row.sums.estimated_tokens)),
    column("x_IsPriced", Kind::Flag, |row| Cell::Flag(row.group.price.is_some())),
    text("x_Model", |row| Cell::text(&row.group.model)),
    text("x_PriceVersion", |row| Cell::known(row.group.price_version.as_deref())),
    column("x_RequestCount", Kind::Integer, |row| Cell::Integer(row.sums.calls)),
    text("x_ServiceTier", |row| Cell::known(row.group.service_tier.as_deref())),
    text("x_TokenClass", |row| Cell::text(&row.group.token_class)),
    text("x_UpstreamModel", |row| Cell::text(&row.group.upstream_model)),
    text("x_UserEmail", |row| Cell::known(row.names.user(row.group.user_id))),
    text("x_UserId", |row| {
        Cell::known(row.group.user_id.map(|id| Id::<User>::from_uuid(id).to_string()))
    }),
];

fn unit_price<'a>(row: &'a Row<'a>) -> Cell<'a> {
    row.of_usage(|| row.unit_price().nanos())
        .map_or(Cell::Empty, |nanos| Cell::Decimal(nanos.into()))
}
