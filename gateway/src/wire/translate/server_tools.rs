//! Which provider runs which tool, and with which wishes.
//!
//! | tool | Anthropic | Responses | Gemini | OpenAI chat |
//! |---|---|---|---|---|
//! | web search | `web_search_*` | `web_search`, `web_search_preview` | `googleSearch` | `web_search_options`, where the model searches |
//! | allowed domains | yes | yes | | |
//! | blocked domains | yes | | | |
//! | the person's location | yes | yes | | yes |
//! | `max_uses` | yes | `max_tool_calls`, of a tool alone | told as dropped | told as dropped |
//! | `search_context_size` | told as dropped | yes | told as dropped | yes |
//! | reading a page | `web_fetch_*` | | `urlContext` | |
//! | running code | `code_execution_*` | `code_interpreter` | `codeExecution` | |
//! | a tool forced by name | yes | where it is the only one | | |
//!
//! What is empty, every other tool (files, computers, pictures, connectors), and every tool for any
//! other provider is refused by its place, or dropped where the configuration allows it.

use super::{
    Target,
    ir::{
        AssistantPart, Domains, Request, ResultPart, ServerTool, ServerToolKind, ServerToolWish,
        ToolChoice, Turn, UserPart,
    },
    losses::Losses,
};
use crate::wire::{Dialect, WireError};

/// What is told where a use of another vendor's tool, in an earlier turn, is left out: its result
/// is readable for its own vendor alone.
pub(super) const LEFT_OUT: &str = "messages.server_tool_use";

/// Leaves in the request what the target can be asked for.
///
/// # Errors
///
/// `Unsupported`, naming the tool's place, for what it cannot.
pub(super) fn fit(
    request: &mut Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<(), WireError> {
    demand_cited_documents(request, target, losses)?;
    leave_out_uses(request, target, losses);
    if request.server_tools.is_empty() {
        return Ok(());
    }
    let named = named(request);
    let mut kept = Vec::with_capacity(request.server_tools.len());
    for tool in std::mem::take(&mut request.server_tools) {
        if has(target, &tool.wish) {
            kept.push(tool);
        } else {
            losses.demand_as(tool.place.clone().into(), || refusal(&tool))?;
        }
    }
    let is_alone = kept.len() == 1;
    for tool in &mut kept {
        fit_wishes(tool, is_alone, target.dialect, losses)?;
    }
    request.server_tools = kept;
    fit_choice(request, named, target.dialect, losses)
}

/// The tool of the provider's that the choice names.
fn named(request: &Request) -> Option<ServerToolKind> {
    let Some(ToolChoice::Named(name)) = &request.tool_choice else { return None };
    let mut kinds = request.server_tools.iter().filter_map(|tool| tool.wish.kind());
    let is_clients = request.tools.iter().any(|tool| tool.name == *name);
    kinds.find(|kind| kind.name() == name).filter(|_| !is_clients)
}

fn has(target: &Target<'_>, wish: &ServerToolWish) -> bool {
    let Some(kind) = wish.kind() else { return false };
    match target.dialect {
        Dialect::AnthropicMessages | Dialect::Gemini => true,
        Dialect::OpenAiResponses => kind != ServerToolKind::WebFetch,
        Dialect::OpenAiChat => kind == ServerToolKind::WebSearch && searches(target.model),
        _ => false,
    }
}

/// Chat completions search with models made for it alone; others ignore the wish, or refuse it.
/// <https://developers.openai.com/api/docs/guides/tools-web-search>
fn searches(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    name.contains("search") || name.starts_with("sonar")
}

fn refusal(tool: &ServerTool) -> String {
    let (what, instead) = match &tool.wish {
        ServerToolWish::WebSearch(_) => (
            "web search",
            "a model of Anthropic, of Gemini, of the OpenAI Responses API, or one made for search",
        ),
        ServerToolWish::WebFetch(_) => ("reading web pages", "a model of Anthropic or of Gemini"),
        ServerToolWish::CodeExecution => {
            ("running code", "a model of Anthropic, of Gemini, or of the OpenAI Responses API")
        }
        ServerToolWish::Other(kind) => {
            return format!(
                "`{}` asks for the tool `{kind}`, which only its own vendor runs; leave it out, \
                 choose a model whose provider speaks the API that you call, or ask an \
                 administrator to set `unsupported_fields: drop` for the provider",
                tool.place
            );
        }
    };
    format!(
        "`{}` asks for {what}, which this model's provider does not do; leave it out, choose \
         {instead}, or ask an administrator to set `unsupported_fields: drop` for the provider",
        tool.place
    )
}

fn fit_wishes(
    tool: &mut ServerTool,
    is_alone: bool,
    dialect: Dialect,
    losses: &mut Losses,
) -> Result<(), WireError> {
    if dialect == Dialect::AnthropicMessages {
        if let ServerToolWish::WebSearch(search) = &mut tool.wish {
            hint_if(search.context_size.is_some(), &tool.place, "search_context_size", losses);
        }
        return Ok(());
    }
    if tool.cache_mark.is_some() {
        losses.hint_field("cache_control".into());
    }
    let place = &tool.place;
    match &mut tool.wish {
        ServerToolWish::WebFetch(domains) => fit_domains(domains, place, is_alone, dialect, losses),
        ServerToolWish::WebSearch(search) => {
            fit_domains(&mut search.domains, place, is_alone, dialect, losses)?;
            if dialect == Dialect::Gemini {
                demand_if(search.location.take().is_some(), place, "user_location", losses)?;
                hint_if(search.context_size.is_some(), place, "search_context_size", losses);
            }
            Ok(())
        }
        ServerToolWish::CodeExecution | ServerToolWish::Other(_) => Ok(()),
    }
}

fn fit_domains(
    domains: &mut Domains,
    place: &str,
    is_alone: bool,
    dialect: Dialect,
    losses: &mut Losses,
) -> Result<(), WireError> {
    let is_responses = dialect == Dialect::OpenAiResponses;
    if !is_responses {
        let allowed = std::mem::take(&mut domains.allowed);
        demand_if(!allowed.is_empty(), place, "allowed_domains", losses)?;
    }
    let blocked = std::mem::take(&mut domains.blocked);
    demand_if(!blocked.is_empty(), place, "blocked_domains", losses)?;
    if !(is_responses && is_alone) {
        hint_if(domains.max_uses.take().is_some(), place, "max_uses", losses);
    }
    Ok(())
}

fn demand_if(
    is_asked: bool,
    place: &str,
    field: &str,
    losses: &mut Losses,
) -> Result<(), WireError> {
    if is_asked { losses.demand_field(format!("{place}.{field}").into()) } else { Ok(()) }
}

fn hint_if(is_asked: bool, place: &str, field: &str, losses: &mut Losses) {
    if is_asked {
        losses.hint_field(format!("{place}.{field}").into());
    }
}

/// Where a tool of the provider's cannot be forced, that the client forces it is refused; where it
/// cannot be forbidden, it is not offered.
fn fit_choice(
    request: &mut Request,
    named: Option<ServerToolKind>,
    dialect: Dialect,
    losses: &mut Losses,
) -> Result<(), WireError> {
    if let Some(named) = named {
        let mut kinds = request.server_tools.iter().filter_map(|tool| tool.wish.kind());
        if !kinds.any(|kind| kind == named) {
            request.tool_choice = None;
            return Ok(());
        }
    }
    let is_only_one = request.tools.is_empty() && request.server_tools.len() == 1;
    let has_no_choice = matches!(dialect, Dialect::Gemini | Dialect::OpenAiChat);
    match request.tool_choice {
        Some(ToolChoice::None) if has_no_choice => request.server_tools.clear(),
        Some(ToolChoice::Named(_)) if named.is_none() || dialect == Dialect::AnthropicMessages => {}
        Some(ToolChoice::Named(_)) if dialect == Dialect::OpenAiResponses && is_only_one => {
            request.tool_choice = Some(ToolChoice::Any);
        }
        Some(ToolChoice::Any) if !(has_no_choice && request.tools.is_empty()) => {}
        Some(ToolChoice::Any | ToolChoice::Named(_)) => {
            losses.demand_field("tool_choice".into())?;
            request.tool_choice = Some(ToolChoice::Auto);
        }
        Some(ToolChoice::Auto | ToolChoice::None) | None => {}
    }
    Ok(())
}

/// The others write their own.
fn leave_out_uses(request: &Request, target: &Target<'_>, losses: &mut Losses) {
    let has_uses = |turn: &Turn| match turn {
        Turn::Assistant(parts) => {
            parts.iter().any(|part| matches!(part, AssistantPart::ServerToolUse(_)))
        }
        Turn::System(_) | Turn::User(_) => false,
    };
    let writes_own = matches!(
        target.dialect,
        Dialect::AnthropicMessages | Dialect::OpenAiResponses | Dialect::Gemini
    );
    if !writes_own && request.turns.iter().any(has_uses) {
        losses.hint_field(LEFT_OUT.into());
    }
}

/// Only Cohere and Converse say of a document of another dialect which passage rests on it.
fn demand_cited_documents(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<(), WireError> {
    let is_result_cited =
        |part: &ResultPart| matches!(part, ResultPart::Document(document) if document.is_cited);
    let is_cited = |part: &UserPart| match part {
        UserPart::Document(document) => document.is_cited,
        UserPart::ToolResult(result) => result.parts.iter().any(is_result_cited),
        _ => false,
    };
    let are_cited = request.turns.iter().any(|turn| match turn {
        Turn::User(parts) => parts.iter().any(is_cited),
        Turn::System(_) | Turn::Assistant(_) => false,
    });
    let cites = matches!(target.dialect, Dialect::CohereChat | Dialect::BedrockConverse);
    if are_cited && !cites {
        losses.demand_field("messages.citations".into())?;
    }
    Ok(())
}
