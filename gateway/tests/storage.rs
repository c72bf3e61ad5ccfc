//! One contract, three databases: everything that the storage shape rests on.
//!
//! Each case is an `async fn(Database)` and runs on SQLite, PostgreSQL and MariaDB, each in a
//! fresh database of its own.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by ending; these modules are nothing but tests"
)]

#[path = "storage/audit.rs"]
mod audit;
#[path = "storage/billing.rs"]
mod billing;
#[path = "storage/configuration.rs"]
mod configuration;
#[path = "storage/contract.rs"]
mod contract;
#[path = "storage/corrections.rs"]
mod corrections;
#[path = "storage/databases.rs"]
mod databases;
#[path = "storage/discovery.rs"]
mod discovery;
#[path = "storage/export_plans.rs"]
mod export_plans;
#[path = "storage/exports.rs"]
mod exports;
#[path = "storage/forgery.rs"]
mod forgery;
#[path = "storage/leases.rs"]
mod leases;
#[path = "storage/migrations.rs"]
mod migrations;
#[path = "storage/nodes.rs"]
mod nodes;
#[path = "storage/periods.rs"]
mod periods;
#[path = "storage/plans.rs"]
mod plans;
#[path = "storage/price_list.rs"]
mod price_list;
#[path = "storage/provider_objects.rs"]
mod provider_objects;
#[path = "storage/rows.rs"]
mod rows;
#[path = "storage/schema.rs"]
mod schema;
#[path = "storage/spend.rs"]
mod spend;
#[path = "storage/spend_page.rs"]
mod spend_page;
#[path = "storage/stored_responses.rs"]
mod stored_responses;

macro_rules! on_all_databases {
    ($($module:ident::$case:ident),* $(,)?) => {
        mod sqlite { $(#[tokio::test(flavor = "multi_thread")] async fn $case() {
            let fresh = crate::databases::sqlite().await;
            crate::$module::$case(fresh.database.clone()).await;
        })* }
        mod postgres { $(#[tokio::test(flavor = "multi_thread")] async fn $case() {
            let fresh = crate::databases::postgres().await;
            crate::$module::$case(fresh.database.clone()).await;
        })* }
        mod mariadb { $(#[tokio::test(flavor = "multi_thread")] async fn $case() {
            let fresh = crate::databases::mariadb().await;
            crate::$module::$case(fresh.database.clone()).await;
        })* }
    };
}

on_all_databases! {
    contract::a_conditional_update_lets_exactly_one_of_many_through,
    contract::an_update_that_changes_nothing_counts_the_matched_row,
    contract::a_row_comes_back_as_it_went_in,
    contract::a_bulk_insert_beyond_the_parameter_limit_keeps_every_row,
    contract::keyset_pages_follow_the_order_of_ids_without_gap_or_repeat,
    contract::sums_of_money_are_exact_integers,
    contract::a_transaction_that_is_dropped_leaves_nothing,
    contract::a_taken_key_is_a_conflict,
    contract::text_is_compared_byte_by_byte,
    contract::a_sign_in_link_works_once,
    contract::a_value_that_does_not_fit_is_refused_and_never_cut,
    contract::two_nodes_that_begin_a_row_each_do_not_wait_for_each_other,
    corrections::a_new_price_is_shown_first_and_booked_once,
    corrections::a_call_is_rated_by_the_price_of_when_it_arrived_where_it_was_served,
    corrections::only_what_was_asked_for_is_rated_again,
    corrections::a_refund_is_never_more_than_the_call_has_cost,
    corrections::a_closed_month_stays_as_it_is,
    corrections::a_correction_never_brings_a_budget_below_nothing,
    corrections::a_running_node_counts_what_was_given_back,
    corrections::a_bill_that_was_a_bound_becomes_what_is_due,
    spend::every_dimension_of_every_cut_adds_up_to_the_same,
    spend::one_snapshot_sees_one_moment,
    spend_page::every_table_of_every_page_adds_up_to_its_total,
    spend_page::days_begin_at_midnight_where_the_viewer_is,
    spend_page::a_member_sees_nobody_elses_spend,
    spend_page::what_makes_no_sense_is_refused_by_its_field,
    leases::nodes_together_never_lease_more_than_the_limit,
    leases::what_is_settled_is_no_longer_leased_and_each_node_sees_the_others_part,
    leases::a_bill_beyond_the_lease_counts_whole,
    leases::what_is_given_back_can_be_leased_by_another_node,
    leases::an_occasion_is_told_once,
    nodes::a_silent_node_is_taken_over_by_exactly_one,
    nodes::a_node_that_is_heard_of_meanwhile_is_not_taken_over,
    nodes::open_calls_are_replaced_and_removed_by_their_ids,
    nodes::nodes_are_found_that_were_heard_of_lately,
    stored_responses::an_answer_comes_back_as_it_went_in_to_its_owner_until_it_expires,
    stored_responses::an_answer_that_was_cancelled_stays_so_whatever_its_writer_stores,
    stored_responses::what_a_crash_cut_off_has_failed_and_nothing_else,
    stored_responses::what_has_expired_is_removed,
    stored_responses::items_are_found_by_their_ids_until_their_answer_goes,
    discovery::what_was_synced_is_in_force_on_every_node_and_audited,
    discovery::a_list_that_is_as_it_was_is_neither_sent_again_nor_a_version,
    discovery::a_price_that_jumps_is_refused_until_an_administrator_accepts_it,
    discovery::half_a_file_and_a_page_change_nothing_and_are_told,
    discovery::an_earlier_version_stays_in_force_until_another_one_is_accepted,
    discovery::of_two_nodes_one_syncs_and_not_before_it_is_due,
    discovery::an_administrators_word_comes_first_until_it_is_taken_back,
    discovery::trying_out_tells_what_would_change_and_changes_nothing,
    discovery::providers_are_asked_for_their_models_where_that_is_wanted,
    provider_objects::an_object_comes_back_as_it_went_in_to_its_owner_alone,
    provider_objects::an_id_of_a_provider_is_there_once_for_each_kind,
    provider_objects::pages_go_both_ways_and_show_nobody_elses,
    provider_objects::of_many_that_settle_a_bill_one_does,
    configuration::an_object_is_in_force_as_if_the_file_had_said_it,
    configuration::what_else_is_changed_is_nothing_to_take_on,
    configuration::a_secret_is_in_no_row_and_nobody_is_shown_it_again,
    configuration::a_secret_stays_until_it_is_replaced_or_taken_away,
    configuration::a_secret_does_not_go_to_another_address,
    configuration::what_does_not_fit_is_refused_by_its_field_and_nothing_is_kept,
    configuration::of_many_changes_at_once_each_rests_on_the_one_before,
    configuration::a_change_of_an_old_version_is_refused,
    configuration::the_file_is_not_changed_and_wins,
    configuration::a_new_master_key_opens_everything_after_it_was_sealed_anew,
    configuration::without_its_master_key_nothing_starts,
    audit::an_untouched_trail_is_sound_in_the_database_and_in_its_export,
    audit::a_change_of_any_column_of_any_row_is_found_and_named,
    audit::a_changed_or_missing_cost_line_is_found,
    audit::a_removed_row_is_named_and_so_is_a_cut_off_end,
    audit::two_swapped_rows_are_named,
    audit::an_export_with_one_byte_changed_anywhere_is_not_sound,
    audit::changes_at_the_same_time_chain_one_after_the_other,
    audit::retention_leaves_a_tombstone_and_nobody_else_can_lay_one,
    audit::changes_are_found_by_who_what_where_and_when,
    exports::the_billing_layout_is_as_it_was,
    exports::each_version_of_focus_is_as_it_was,
    exports::every_layout_adds_up_to_what_the_ledger_says,
    exports::each_line_counts_in_exactly_one_period,
    exports::parquet_has_the_rows_and_the_amounts_of_csv,
    exports::each_export_is_in_the_audit_trail,
    exports::a_failed_export_leaves_nothing_behind,
    exports::pages_of_corrections_that_are_booked_at_one_instant_neither_skip_nor_repeat,
    exports::calls_whose_ids_are_older_or_younger_than_they_are_still_counted_in_their_hour,
    periods::a_month_is_closed_once_when_it_is_over_and_after_those_before,
    periods::a_closed_month_verifies_whatever_comes_later,
    periods::a_changed_file_and_a_changed_ledger_are_found,
    periods::a_closing_that_was_cut_off_goes_on,
    periods::of_two_that_close_a_month_at_once_one_does,
    periods::what_is_being_booked_while_a_month_is_closed_is_in_it,
    periods::a_closing_and_its_manifest_are_in_the_audit_trail,
    forgery::a_chain_whose_head_was_removed_is_named,
    forgery::a_link_added_beyond_the_head_is_named,
    forgery::a_link_with_a_number_before_the_first_is_named,
    forgery::a_row_added_without_a_place_is_named,
    forgery::a_row_that_lost_its_place_is_missing,
    forgery::a_deletion_that_only_a_forged_row_tells_of_is_untold,
    forgery::a_changed_tombstone_is_named,
    forgery::retention_during_a_verification_is_no_finding,
}

#[test]
fn the_three_databases_have_the_same_migrations() {
    let names = |dialect: &str| {
        let folder = format!("{}/../migrations/{dialect}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert_eq!(names("sqlite"), names("mysql"));
}
