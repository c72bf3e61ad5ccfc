//! Views in which nothing arrives later.
//!
//! The framework's erased views carry code to hydrate step by step, to wait for parts that load
//! later, and to compare themselves with a former rendering. Most of ours need none of that:
//! they are there at once, and are made anew where something changes. Leaving that code out
//! halves what a browser has to load.

use std::future::Future;

use leptos::{
    attr::{Attribute, any_attribute::AnyAttribute},
    prelude::{AddAnyAttr, AnyView, IntoAny, Mountable, Render, RenderHtml},
    tachys::{
        hydration::Cursor,
        ssr::StreamBuilder,
        view::{Position, PositionState},
    },
};

/// Erases a view that holds nothing lazily loaded and nothing suspended.
pub(crate) trait Settle {
    /// The view, erased and small.
    fn settle(self) -> AnyView;
}

impl<V: RenderHtml + 'static> Settle for V {
    fn settle(self) -> AnyView {
        Settled(self).into_any()
    }
}

struct Settled<V>(V);

impl<V: Render> Render for Settled<V> {
    type State = V::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        let mut anew = self.0.build();
        state.insert_before_this(&mut anew);
        state.unmount();
        *state = anew;
    }
}

impl<V: AddAnyAttr> AddAnyAttr for Settled<V> {
    type Output<SomeNewAttr: Attribute> = Settled<V::Output<SomeNewAttr>>;

    fn add_any_attr<NewAttr: Attribute>(self, attribute: NewAttr) -> Self::Output<NewAttr>
    where
        Self::Output<NewAttr>: RenderHtml,
    {
        Settled(self.0.add_any_attr(attribute))
    }
}

impl<V: RenderHtml> RenderHtml for Settled<V> {
    type AsyncOutput = V::AsyncOutput;
    type Owned = Settled<V::Owned>;

    const EXISTS: bool = V::EXISTS;
    const MIN_LENGTH: usize = V::MIN_LENGTH;

    fn dry_resolve(&mut self) {
        self.0.dry_resolve();
    }

    fn resolve(self) -> impl Future<Output = Self::AsyncOutput> + Send {
        self.0.resolve()
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        buffer: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attributes: Vec<AnyAttribute>,
    ) {
        self.0.to_html_with_buf(buffer, position, escape, mark_branches, extra_attributes);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buffer: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attributes: Vec<AnyAttribute>,
    ) {
        self.0.to_html_async_with_buf::<OUT_OF_ORDER>(
            buffer,
            position,
            escape,
            mark_branches,
            extra_attributes,
        );
    }

    // Both ways to hydrate an erased view share this one copy of the code.
    #[inline(never)]
    fn hydrate<const FROM_SERVER: bool>(
        self,
        cursor: &Cursor,
        position: &PositionState,
    ) -> Self::State {
        self.0.hydrate::<FROM_SERVER>(cursor, position)
    }

    // `hydrate_async` is the default one, which hydrates at once.

    fn into_owned(self) -> Self::Owned {
        Settled(self.0.into_owned())
    }
}
