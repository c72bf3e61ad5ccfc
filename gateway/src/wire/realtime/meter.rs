//! Reads a session's usage as its events pass, and bounds what is under way.

use std::borrow::Cow;

use serde_json::value::RawValue;
use shared::receipt::TokenCounts;

use super::{
    TOKENS_PER_SECOND_HEARD, TOKENS_PER_SECOND_SPOKEN, bytes_in_base64,
    client_event::{ClientEvent, ClientEventKind, OutputLimit, limit_of},
    context::Context,
    hearing::Hearing,
    provider_event::ProviderEvent,
    under_way::UnderWay,
    usage::{MostUsed, SessionUsage},
};

/// For how much sound it is set aside at once what writing it down can cost.
const HEARING_STEP_SECONDS: u64 = 30;

/// Meters one session. An answer is under way from the event that asks for it, or that tells of it
/// where the provider began it by itself, to the one that tells of its end.
#[derive(Debug)]
pub struct SessionMeter {
    context: Context,
    hearing: Hearing,
    under_way: Vec<UnderWay>,
    used: SessionUsage,
    /// The longest answer of the model, in tokens.
    model_limit: i64,
    /// The longest answer of this session, where the provider has told one.
    session_limit: Option<i64>,
}

impl SessionMeter {
    /// A meter for a model whose longest answer has so many tokens.
    #[must_use]
    pub fn new(model_limit: i64) -> Self {
        Self {
            context: Context::default(),
            hearing: Hearing::default(),
            under_way: Vec::new(),
            used: SessionUsage::default(),
            model_limit,
            session_limit: None,
        }
    }

    /// What the client says, before it is sent on.
    pub fn client(&mut self, event: &ClientEvent) {
        match &event.kind {
            ClientEventKind::Configures(wishes) => {
                self.context.update(event, wishes.sound_format);
                if wishes.transcription_model.is_some() {
                    self.hearing.turn_on();
                }
            }
            ClientEventKind::AsksForAnswer { output_limit } => {
                let most_output = self.limit(*output_limit);
                let under_way = self.asked(event, most_output);
                self.under_way.push(under_way);
            }
            ClientEventKind::Speaks => {
                self.hearing.hear(event.sound_bytes);
                self.context.add(event);
            }
            ClientEventKind::Other => self.context.add(event),
        }
    }

    /// Takes back the last answer that was asked for: the request for it is not sent on.
    pub fn withdraw(&mut self) {
        self.under_way.pop();
    }

    /// What the provider says; gives whether that may change what a session costs.
    pub fn provider(&mut self, text: &str) -> bool {
        let Some(event) = ProviderEvent::read(text) else { return false };
        if event.is_text_delta() || event.is_sound_delta() {
            self.grow(&event);
            return false;
        }
        match &*event.kind {
            "session.created" | "session.updated" => {
                self.context.confirm(text.len());
                let session = event.session();
                let limit = session.max_output_tokens.or(session.max_response_output_tokens);
                self.session_limit = limit.and_then(|raw| match limit_of(raw.get()) {
                    OutputLimit::Tokens(tokens) => Some(tokens),
                    OutputLimit::Unlimited => None,
                });
            }
            "response.created" => self.begin(&event),
            "response.done" => self.end_answer(&event),
            "conversation.item.input_audio_transcription.completed" => self.write_down(&event),
            "conversation.item.input_audio_transcription.failed" => {
                self.hearing.end_turn();
            }
            "input_audio_buffer.speech_started" => {
                if let Some(at) = self.place(event.audio_start_ms) {
                    self.context.forget_sound(self.hearing.begin_speech(at));
                }
            }
            "input_audio_buffer.speech_stopped" => {
                if let Some(at) = self.place(event.audio_end_ms) {
                    self.hearing.end_speech(at);
                }
            }
            "input_audio_buffer.committed" => self.hearing.commit(),
            "input_audio_buffer.cleared" => self.hearing.clear(),
            "error" => self.refused(event.blamed_event().as_deref()),
            _ if event.is_of_providers_tool() => self.context.add_bytes(text.len()),
            _ => return false,
        }
        true
    }

    /// The most that what is under way can still use.
    #[must_use]
    pub fn most_under_way(&self) -> MostUsed {
        let mut most = MostUsed::default();
        for answer in &self.under_way {
            most.input_tokens = most.input_tokens.saturating_add(answer.most_input);
            most.output_tokens = most.output_tokens.saturating_add(answer.most_output);
            most.count += 1;
        }
        let open_bytes = self.hearing.open_bytes();
        if open_bytes > 0 {
            // In steps, so that not every piece of sound has to be set aside for.
            let step = self.context.sound_format().bytes_per_second() * HEARING_STEP_SECONDS;
            let open_bytes = open_bytes.div_ceil(step).saturating_mul(step);
            let tokens = |per_second| self.context.sound_format().tokens(open_bytes, per_second);
            most.input_tokens = most.input_tokens.saturating_add(tokens(TOKENS_PER_SECOND_HEARD));
            // Nobody says more tokens in a second than speech has of sound.
            most.output_tokens =
                most.output_tokens.saturating_add(tokens(TOKENS_PER_SECOND_SPOKEN));
            most.count += 1;
        }
        most
    }

    /// The answers that the provider has begun and not ended, by its names.
    #[must_use]
    pub fn answers_under_way(&self) -> Vec<String> {
        self.under_way.iter().filter_map(|answer| answer.id.clone()).collect()
    }

    /// Whether everything that was asked for is told to have ended.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.under_way.is_empty() && self.hearing.is_idle()
    }

    /// What is used, as far as it is told.
    #[must_use]
    pub const fn used(&self) -> &SessionUsage {
        &self.used
    }

    /// What is used once nothing more is told: what is under way counts as far as it was seen.
    pub fn finish(&mut self) -> &SessionUsage {
        for answer in std::mem::take(&mut self.under_way) {
            self.used.add_estimate(&answer.estimate(self.context.sound_format()));
        }
        while !self.hearing.is_idle() {
            self.estimate_turn(0);
        }
        &self.used
    }

    fn place(&self, milliseconds: Option<&RawValue>) -> Option<u64> {
        self.context.sound_format().place(milliseconds?.get())
    }

    fn asked(&self, event: &ClientEvent, most_output: i64) -> UnderWay {
        UnderWay {
            id: None,
            event_id: event.event_id.clone(),
            most_input: self.context.most_tokens(event.text_bytes, event.pictures),
            usual_input: self.context.usual_tokens(0, event.pictures),
            most_output,
            text_bytes: 0,
            sound_bytes: 0,
        }
    }

    fn limit(&self, own: Option<OutputLimit>) -> i64 {
        match own {
            Some(OutputLimit::Tokens(tokens)) => tokens,
            Some(OutputLimit::Unlimited) => self.model_limit,
            None => self
                .session_limit
                .filter(|_| self.context.is_confirmed())
                .unwrap_or(self.model_limit),
        }
    }

    /// An answer that the client has asked for, or that the provider has begun at the end of a
    /// turn.
    fn begin(&mut self, event: &ProviderEvent<'_>) {
        let answer = event.answer();
        let id = answer.id.map(Cow::into_owned);
        let most_input = self.context.most_tokens(0, 0);
        if let Some(asked) = self.under_way.iter_mut().find(|answer| answer.id.is_none()) {
            asked.most_input = asked.most_input.max(most_input);
            asked.id = Some(id.unwrap_or_default());
            return;
        }
        let told = answer.max_output_tokens.map(|raw| limit_of(raw.get()));
        self.under_way.push(UnderWay {
            id: Some(id.unwrap_or_default()),
            event_id: None,
            most_input,
            usual_input: self.context.usual_tokens(0, 0),
            most_output: self.limit(told),
            text_bytes: 0,
            sound_bytes: 0,
        });
    }

    fn grow(&mut self, event: &ProviderEvent<'_>) {
        let id = event.response_id.as_deref();
        let of_id = self.under_way.iter().position(|answer| answer.id.as_deref() == id);
        let Some(answer) = self.under_way.get_mut(of_id.unwrap_or(0)) else { return };
        let written = event.delta.map_or("", RawValue::get);
        if event.is_sound_delta() {
            answer.sound_bytes += bytes_in_base64(written);
        } else {
            answer.text_bytes += (written.len() as u64).saturating_sub(2);
        }
    }

    fn end_answer(&mut self, event: &ProviderEvent<'_>) {
        let told = event.answer();
        let of_id = |answer: &UnderWay| answer.id.as_deref() == told.id.as_deref();
        let index = self.under_way.iter().position(of_id);
        let index = index.or_else(|| (!self.under_way.is_empty()).then_some(0));
        let ended = index.map(|index| self.under_way.remove(index));
        let tokens = told.usage.and_then(|raw| self.used.add_answer(raw.get()));
        let tokens = tokens.unwrap_or_else(|| {
            let Some(ended) = ended else { return 0 };
            let estimate = ended.estimate(self.context.sound_format());
            self.used.add_estimate(&estimate);
            estimate.answer()
        });
        self.context.add_answer(tokens);
    }

    fn write_down(&mut self, event: &ProviderEvent<'_>) {
        if event.usage.is_some_and(|raw| self.used.add_transcription(raw.get())) {
            self.hearing.end_turn();
        } else {
            self.estimate_turn(event.transcript.map_or(0, |raw| raw.get().len()));
        }
    }

    fn estimate_turn(&mut self, transcript_bytes: usize) {
        let bytes = self.hearing.end_turn();
        let audio_input = self.context.sound_format().tokens(bytes, TOKENS_PER_SECOND_HEARD);
        let output = i64::try_from(transcript_bytes.div_ceil(4)).unwrap_or(i64::MAX);
        let tokens = TokenCounts { audio_input, output, ..TokenCounts::default() };
        self.used.add_estimate(&tokens);
    }

    /// An event of the client's was refused: if it asked for an answer, none comes of it.
    fn refused(&mut self, blamed: Option<&str>) {
        let is_blamed =
            |answer: &UnderWay| answer.id.is_none() && answer.event_id.as_deref() == blamed;
        if let Some(index) = self.under_way.iter().position(is_blamed) {
            self.under_way.remove(index);
        }
    }
}
