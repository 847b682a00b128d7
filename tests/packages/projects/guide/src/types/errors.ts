type TRPCErrorCode =
  | "BAD_REQUEST"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "TIMEOUT"
  | "CONFLICT"
  | "PRECONDITION_FAILED"
  | "PAYLOAD_TOO_LARGE"
  | "TOO_MANY_REQUESTS"
  | "INTERNAL_SERVER_ERROR";

interface TRPCError {
  code: TRPCErrorCode;
  message: string;
  data?: {
    zodError?: {
      fieldErrors: Record<string, string[]>;
      formErrors: string[];
    };
  };
}

export type { TRPCError, TRPCErrorCode };
