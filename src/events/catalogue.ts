/**
 * The catalogue of events: known types, sources, entity types, and the props that some types require.
 * No imports: browser code shares this file.
 */

/** The known event types. Others are accepted and marked (contract 4.1). */
export const EVENT_TYPES = {
  // Users
  USER_SIGNED_UP: "user_signed_up",
  USER_LOGGED_IN: "user_logged_in",
  USER_LOGGED_OUT: "user_logged_out",
  USER_PROFILE_UPDATED: "user_profile_updated",
  USER_PASSWORD_CHANGED: "user_password_changed",
  USER_EMAIL_VERIFIED: "user_email_verified",

  // Assets
  ASSET_UPLOADED: "asset_uploaded",
  ASSET_VIEWED: "asset_viewed",
  ASSET_DOWNLOADED: "asset_downloaded",
  ASSET_PREVIEW_GENERATED: "asset_preview_generated",
  ASSET_APPROVED: "asset_approved",
  ASSET_REJECTED: "asset_rejected",
  ASSET_UPDATED: "asset_updated",
  ASSET_DELETED: "asset_deleted",
  ASSET_SHARED: "asset_shared",

  // Projects
  PROJECT_CREATED: "project_created",
  PROJECT_STARTED: "project_started",
  PROJECT_COMPLETED: "project_completed",
  PROJECT_ARCHIVED: "project_archived",
  PROJECT_UPDATED: "project_updated",
  PROJECT_DELETED: "project_deleted",

  // Licenses
  LICENSE_CREATED: "license_created",
  LICENSE_SIGNED: "license_signed",
  LICENSE_RENEWED: "license_renewed",
  LICENSE_EXPIRED: "license_expired",
  LICENSE_TERMINATED: "license_terminated",
  LICENSE_VIEWED: "license_viewed",
  LICENSE_CLICKED: "license_clicked",

  // Royalties
  ROYALTY_CALCULATED: "royalty_calculated",
  ROYALTY_STATEMENT_GENERATED: "royalty_statement_generated",
  ROYALTY_STATEMENT_REVIEWED: "royalty_statement_reviewed",
  PAYOUT_COMPLETED: "payout_completed",
  PAYOUT_FAILED: "payout_failed",

  // Engagement
  PAGE_VIEWED: "page_viewed",
  CTA_CLICKED: "cta_clicked",
  SEARCH_PERFORMED: "search_performed",
  FILTER_APPLIED: "filter_applied",
  BUTTON_CLICKED: "button_clicked",
  FORM_SUBMITTED: "form_submitted",
  MODAL_OPENED: "modal_opened",
  MODAL_CLOSED: "modal_closed",

  // Creators
  CREATOR_PROFILE_CREATED: "creator_profile_created",
  CREATOR_PROFILE_UPDATED: "creator_profile_updated",
  CREATOR_VERIFIED: "creator_verified",
  CREATOR_PORTFOLIO_VIEWED: "creator_portfolio_viewed",

  // Brands
  BRAND_PROFILE_CREATED: "brand_profile_created",
  BRAND_PROFILE_UPDATED: "brand_profile_updated",
  BRAND_VERIFIED: "brand_verified",
  BRAND_PROJECT_VIEWED: "brand_project_viewed",

  // System
  EMAIL_SENT: "email_sent",
  EMAIL_OPENED: "email_opened",
  EMAIL_CLICKED: "email_clicked",
  EMAIL_BOUNCED: "email_bounced",
  WEBHOOK_RECEIVED: "webhook_received",
  JOB_COMPLETED: "job_completed",
  JOB_FAILED: "job_failed",
  ERROR_OCCURRED: "error_occurred",
  API_REQUEST: "api_request",

  // Ownership
  OWNERSHIP_CREATED: "ownership_created",
  OWNERSHIP_TRANSFERRED: "ownership_transferred",
  OWNERSHIP_VERIFIED: "ownership_verified",

  // Posts
  POST_VIEWED: "post_viewed",
  POST_SCROLL_DEPTH: "post_scroll_depth",
  POST_ENGAGEMENT_TIME: "post_engagement_time",
  POST_CTA_CLICKED: "post_cta_clicked",
  POST_SHARED: "post_shared",
  POST_COMMENT_CLICKED: "post_comment_clicked",
  POST_LIKE_CLICKED: "post_like_clicked",
  POST_DOWNLOAD_CLICKED: "post_download_clicked",
  POST_SUBSCRIBED: "post_subscribed",
  POST_EXPERIMENT_VIEWED: "post_experiment_viewed",
  POST_SESSION_START: "post_session_start",
  POST_SESSION_END: "post_session_end",
  POST_PAGE_EXIT: "post_page_exit",
  POST_EMAIL_CAPTURE: "post_email_capture",
  POST_SOCIAL_SHARE_CLICKED: "post_social_share_clicked",
  POST_BOUNCE: "post_bounce",
  POST_READ_COMPLETE: "post_read_complete",
  POST_ENGAGEMENT_MILESTONE: "post_engagement_milestone",
} as const;

/** A known event type. */
export type EventType = typeof EVENT_TYPES[keyof typeof EVENT_TYPES];

/** The sources of events. */
export const EVENT_SOURCES = {
  WEB: "web",
  API: "api",
  MOBILE: "mobile",
  SYSTEM: "system",
  WEBHOOK: "webhook",
} as const;

/** Where an event comes from. */
export type EventSource = typeof EVENT_SOURCES[keyof typeof EVENT_SOURCES];

/** The types of entity that an event can be about. */
export const ENTITY_TYPES = {
  PROJECT: "project",
  ASSET: "asset",
  LICENSE: "license",
  CREATOR: "creator",
  BRAND: "brand",
  USER: "user",
  ROYALTY: "royalty",
  PAYOUT: "payout",
  POST: "post",
  CATEGORY: "category",
} as const;

/** What an event is about. */
export type EntityType = typeof ENTITY_TYPES[keyof typeof ENTITY_TYPES];

/** Required props by event type (contract 4.4). `0`, `""` and `false` count as present. */
export const REQUIRED_PROPS: Readonly<Record<string, readonly string[]>> = {
  asset_viewed: ["view_duration_ms"],
  license_signed: ["license_id"],
  payout_completed: ["amount_cents", "payment_method"],
  post_viewed: ["post_id"],
  post_cta_clicked: ["cta_type", "cta_url"],
};

const known: ReadonlySet<string> = /* @__PURE__ */ new Set(
  /* @__PURE__ */ Object.values(EVENT_TYPES),
);

/** Whether the catalogue lists `eventType`. */
export function isKnownEventType(eventType: string): eventType is EventType {
  return known.has(eventType);
}
