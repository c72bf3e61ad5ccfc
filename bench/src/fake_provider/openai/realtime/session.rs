//! One session: what the client says, and what is said to it.

use std::{future::pending, time::Duration};

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{
    answer::Said,
    conversation::Conversation,
    events::{Version, error, server_error},
    playing::Playing,
};
use crate::fake_provider::{
    answer::tokens_in,
    directives::{Directives, Failure},
    ledger::{OpenSession, Sound, Units, Usage},
    socket::ResetSwitch,
};

/// What is understood of everything that is said to it.
const TRANSCRIPT: &str = "The quick brown fox jumps over the lazy dog";

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The client or a failure has ended the session.
struct Over;

pub(super) struct Session {
    model: String,
    directives: Directives,
    failure: Option<Failure>,
    version: Version,
    serial: u64,
    bill: OpenSession,
    reset: ResetSwitch,
    conversation: Conversation,
    playing: Option<Playing>,
    due_at: Instant,
    sent: u64,
    made: u64,
}

impl Session {
    pub(super) fn new(
        model: String,
        directives: Directives,
        failure: Option<Failure>,
        version: Version,
        serial: u64,
        bill: OpenSession,
        reset: ResetSwitch,
    ) -> Self {
        let conversation = Conversation::new(&model, serial);
        let due_at = Instant::now();
        Self {
            model,
            directives,
            failure,
            version,
            serial,
            bill,
            reset,
            conversation,
            playing: None,
            due_at,
            sent: 0,
            made: 0,
        }
    }

    /// Goes on until the client closes, or a failure is due.
    pub(super) async fn run(mut self, mut socket: Socket) {
        // Whoever has left is not told of it.
        let _ = self.converse(&mut socket).await;
        if let Some(left) = self.playing.take() {
            let (usage, sound) = left.said.share(left.told, left.parts);
            self.bill.bill_left(&self.model, usage, sound);
        }
    }

    async fn converse(&mut self, socket: &mut Socket) -> Result<(), Over> {
        let created =
            json!({"type": "session.created", "session": self.conversation.configuration});
        self.send(socket, created).await?;
        loop {
            let due_at = self.due_at;
            let is_playing = self.playing.is_some();
            let step =
                async { if is_playing { sleep_until(due_at).await } else { pending().await } };
            tokio::select! {
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(socket, text.as_str()).await?,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => {
                        let _ = socket.close(None).await;
                        return Err(Over);
                    }
                    Some(Ok(_)) => {}
                },
                () = step => self.step(socket).await?,
            }
        }
    }

    async fn hear(&mut self, socket: &mut Socket, text: &str) -> Result<(), Over> {
        self.bill.note(text);
        let Ok(event) = serde_json::from_str::<Value>(text) else {
            let fault = error("invalid_json", "The event is not JSON.", None, &Value::Null);
            return self.send(socket, fault).await;
        };
        let named = event["event_id"].clone();
        match event["type"].as_str().unwrap_or_default() {
            "session.update" => self.configure(socket, &event["session"], &named).await,
            "conversation.item.create" => self.add_item(socket, event["item"].clone()).await,
            "conversation.item.delete" => {
                self.conversation.items.retain(|item| item["id"] != event["item_id"]);
                let deleted =
                    json!({"type": "conversation.item.deleted", "item_id": event["item_id"]});
                self.send(socket, deleted).await
            }
            "input_audio_buffer.append" => self.listen(socket, &event["audio"], &named).await,
            "input_audio_buffer.commit" if self.conversation.buffered_bytes == 0 => {
                let message = "Error committing input audio buffer: the buffer is empty.";
                let fault = error("input_audio_buffer_commit_empty", message, None, &named);
                self.send(socket, fault).await
            }
            "input_audio_buffer.commit" => self.commit(socket).await,
            "input_audio_buffer.clear" => {
                self.conversation.buffered_bytes = 0;
                self.send(socket, json!({"type": "input_audio_buffer.cleared"})).await
            }
            "response.create" => self.answer(socket, &event["response"], &named).await,
            "response.cancel" => self.cancel(socket, &named).await,
            other => {
                let message = format!("Invalid value: '{other}'.");
                self.send(socket, error("invalid_value", &message, Some("type"), &named)).await
            }
        }
    }

    async fn configure(
        &mut self,
        socket: &mut Socket,
        wishes: &Value,
        named: &Value,
    ) -> Result<(), Over> {
        if wishes["model"].as_str().is_some_and(|model| model != self.model) {
            let message = "Cannot update the model of a session.";
            let fault = error("invalid_value", message, Some("session.model"), named);
            return self.send(socket, fault).await;
        }
        self.conversation.configure(wishes);
        let updated =
            json!({"type": "session.updated", "session": self.conversation.configuration});
        self.send(socket, updated).await
    }

    async fn add_item(&mut self, socket: &mut Socket, mut item: Value) -> Result<(), Over> {
        if item["id"].is_null() {
            item["id"] = json!(self.item_id());
        }
        item["object"] = json!("realtime.item");
        item["status"] = json!("completed");
        let before = self.conversation.last_id();
        self.conversation.items.push(item.clone());
        self.tell_item(socket, &before, &item).await
    }

    async fn tell_item(
        &mut self,
        socket: &mut Socket,
        before: &Value,
        item: &Value,
    ) -> Result<(), Over> {
        for name in ["conversation.item.added", "conversation.item.done"] {
            let event = json!({"type": name, "previous_item_id": before, "item": item});
            self.send(socket, event).await?;
        }
        Ok(())
    }

    async fn listen(
        &mut self,
        socket: &mut Socket,
        audio: &Value,
        named: &Value,
    ) -> Result<(), Over> {
        let had = self.conversation.buffered_bytes > 0;
        let Some(is_silence) = self.conversation.hear(audio) else {
            let message = "Invalid 'audio'. Expected base64-encoded audio bytes.";
            return self.send(socket, error("invalid_value", message, Some("audio"), named)).await;
        };
        if !self.conversation.detects_turns() {
            return Ok(());
        }
        if !had && !is_silence {
            let started = json!({
                "type": "input_audio_buffer.speech_started", "audio_start_ms": 0,
                "item_id": self.item_id(),
            });
            self.send(socket, started).await?;
        }
        if had && is_silence {
            let stopped = json!({
                "type": "input_audio_buffer.speech_stopped", "audio_end_ms": 0,
                "item_id": self.item_id(),
            });
            self.send(socket, stopped).await?;
            self.commit(socket).await?;
            self.begin(&Value::Null);
        }
        Ok(())
    }

    /// Makes a turn of what was heard, and writes it down where that is wanted.
    async fn commit(&mut self, socket: &mut Socket) -> Result<(), Over> {
        let id = self.item_id();
        let before = self.conversation.last_id();
        let item = json!({
            "id": id, "object": "realtime.item", "type": "message", "status": "completed",
            "role": "user", "content": [{"type": "input_audio", "transcript": null}],
        });
        let bytes = self.conversation.commit(item.clone());
        let committed = json!({
            "type": "input_audio_buffer.committed", "previous_item_id": before, "item_id": id,
        });
        self.send(socket, committed).await?;
        self.tell_item(socket, &before, &item).await?;
        match self.conversation.transcription_model() {
            Some(model) => self.write_down(socket, &model, &id, bytes).await,
            None => Ok(()),
        }
    }

    async fn write_down(
        &mut self,
        socket: &mut Socket,
        model: &str,
        item_id: &str,
        bytes: u64,
    ) -> Result<(), Over> {
        let (told, usage, sound) = if model.starts_with("whisper") {
            let seconds = self.conversation.seconds_in(bytes);
            let usage = Usage { units: Units { seconds, ..Units::default() }, ..Usage::default() };
            (json!({"type": "duration", "seconds": seconds}), usage, Sound::default())
        } else {
            let input = self.conversation.tokens_in(bytes);
            let output = tokens_in(TRANSCRIPT.len());
            let usage = Usage { input, output, ..Usage::default() };
            let told = json!({
                "type": "tokens", "total_tokens": input + output, "input_tokens": input,
                "output_tokens": output,
                "input_token_details": {"text_tokens": 0, "audio_tokens": input},
            });
            (told, usage, Sound { input, output: 0 })
        };
        self.bill.bill(model, usage, sound);
        let place = json!({"item_id": item_id, "content_index": 0});
        let kind = "conversation.item.input_audio_transcription";
        let mut delta = place.clone();
        delta["type"] = json!(format!("{kind}.delta"));
        delta["delta"] = json!(TRANSCRIPT);
        self.send(socket, delta).await?;
        let mut completed = place;
        completed["type"] = json!(format!("{kind}.completed"));
        completed["transcript"] = json!(TRANSCRIPT);
        if !self.directives.is_without_usage {
            completed["usage"] = told;
        }
        self.send(socket, completed).await
    }

    async fn answer(
        &mut self,
        socket: &mut Socket,
        wishes: &Value,
        named: &Value,
    ) -> Result<(), Over> {
        if let Some(playing) = &self.playing {
            let message =
                format!("Conversation already has an active response in progress: {}", playing.id);
            let code = "conversation_already_has_active_response";
            return self.send(socket, error(code, &message, None, named)).await;
        }
        self.begin(wishes);
        Ok(())
    }

    fn begin(&mut self, wishes: &Value) {
        self.made += 1;
        let said = Said::to(&self.conversation, wishes, &self.directives);
        let serial = format!("{:x}_{}", self.serial, self.made);
        self.playing = Some(Playing::new(said, wishes, &serial, self.directives.chunks));
        self.due_at = Instant::now();
    }

    async fn cancel(&mut self, socket: &mut Socket, named: &Value) -> Result<(), Over> {
        let Some(playing) = self.playing.take() else {
            let message = "Cancellation failed: no active response found";
            let fault = error("response_cancel_not_active", message, None, named);
            return self.send(socket, fault).await;
        };
        let details = json!({"type": "cancelled", "reason": "client_cancelled"});
        self.end(socket, &playing, "cancelled", &details).await
    }

    /// The next event of the answer that is being told, or what goes wrong with it.
    async fn step(&mut self, socket: &mut Socket) -> Result<(), Over> {
        let Some(mut playing) = self.playing.take() else { return Ok(()) };
        if let Some(failure) = self.failure_due(playing.told) {
            self.playing = Some(playing);
            return self.fail(socket, failure).await;
        }
        let Some((_, event)) = playing.next_event() else {
            let (status, details) = if playing.said.is_cut_at_limit {
                let reason = json!({"type": "incomplete", "reason": "max_output_tokens"});
                ("incomplete", reason)
            } else {
                ("completed", Value::Null)
            };
            playing.told = playing.parts;
            self.conversation.items.extend(playing.items.iter().cloned());
            return self.end(socket, &playing, status, &details).await;
        };
        if playing.is_piece_next() {
            self.due_at = Instant::now() + self.directives.gap;
        }
        self.playing = Some(playing);
        self.send(socket, event).await
    }

    async fn end(
        &mut self,
        socket: &mut Socket,
        playing: &Playing,
        status: &str,
        details: &Value,
    ) -> Result<(), Over> {
        let share = playing.said.share(playing.told, playing.parts);
        self.bill.bill(&self.model, share.0, share.1);
        let usage =
            if self.directives.is_without_usage { Value::Null } else { playing.said.told(share) };
        let response = playing.response(status, details, &usage);
        self.send(socket, json!({"type": "response.done", "response": response})).await
    }

    fn failure_due(&mut self, told: usize) -> Option<Failure> {
        let after = match self.failure? {
            Failure::ResetAfter(after)
            | Failure::StallAfter(after)
            | Failure::CutEventAfter(after)
            | Failure::ErrorEventAfter(after) => after,
            Failure::Garbage => 0,
            _ => return None,
        };
        if told >= after { self.failure.take() } else { None }
    }

    async fn fail(&mut self, socket: &mut Socket, failure: Failure) -> Result<(), Over> {
        self.bill.fail();
        match failure {
            Failure::ResetAfter(_) => {
                self.reset.arm();
                Err(Over)
            }
            Failure::StallAfter(_) => {
                self.due_at = Instant::now() + Duration::from_hours(1);
                Ok(())
            }
            Failure::CutEventAfter(_) => {
                let reason = "internal server error".into();
                let frame = CloseFrame { code: CloseCode::Error, reason };
                let _ = socket.close(Some(frame)).await;
                Err(Over)
            }
            Failure::ErrorEventAfter(_) => {
                self.send(socket, server_error()).await?;
                let Some(playing) = self.playing.take() else { return Ok(()) };
                let details = json!({"type": "failed", "error": {"type": "server_error"}});
                self.end(socket, &playing, "failed", &details).await
            }
            _ => socket.send(Message::text("{\"type\":\"oops")).await.map_err(|_| Over),
        }
    }

    fn item_id(&mut self) -> String {
        self.made += 1;
        format!("item_fake{:x}_{}", self.serial, self.made)
    }

    async fn send(&mut self, socket: &mut Socket, event: Value) -> Result<(), Over> {
        self.sent += 1;
        let event_id = format!("event_fake{:x}_{}", self.serial, self.sent);
        match self.version.event(event, &event_id) {
            Some(text) => socket.send(Message::text(text)).await.map_err(|_| Over),
            None => Ok(()),
        }
    }
}
