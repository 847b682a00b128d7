/**
 * Sites that visitors are sent to in the middle of a visit, and come back from: not arrivals. The
 * patterns are those of `channels.ts`. Hosts are as narrow as the visits that these sites start
 * themselves require: `stripe.com` has case studies, `checkout.stripe.com` has none. Checkouts on
 * domains of your own count as yours if they are in the landing page's domain.
 */
export const RETURNS: Readonly<Record<"payment" | "bank" | "sign_in", readonly string[]>> = {
  // Payment providers, by the documentation of their hosted pages and redirects.
  payment: [
    ...["checkout.stripe.com", "buy.stripe.com", "pay.stripe.com", "hooks.stripe.com"],
    ...["billing.stripe.com", "invoice.stripe.com", "donate.stripe.com", "js.stripe.com"],
    ...["connect.stripe.com", "payments.stripe.com", "crypto.link.com", "checkout.link.com"],
    ...["link.com", "m.stripe.network"],
    ...["paypal.com", "paypal.me", "venmo.com", "braintreegateway.com", "braintree-api.com"],
    ...["klarna.com", "klarnapayments.com", "sofort.com", "adyen.com", "adyenpayments.com"],
    ...["mollie.com", "checkout.com", "worldpay.com", "worldline-solutions.com", "ogone.com"],
    ...["pay.amazon.*", "payments.amazon.*", "apay-us.amazon.com", "payments-eu.amazon.com"],
    ...["amazonpay.*", "pay.google.com", "payments.google.com", "wallet.google.com"],
    ...["applepay.apple.com", "apple-pay-gateway.apple.com", "applepay.cdn-apple.com"],
    ...["shop.app", "pay.shopify.com", "checkout.shopify.com", "payments.shopify.com"],
    ...["squareup.com", "square.link", "checkout.square.site", "cash.app", "afterpay.com"],
    ...["clearpay.co.uk", "affirm.com", "zip.co", "sezzle.com", "getalma.eu", "almapay.com"],
    ...["scalapay.com", "oney.io", "satispay.com", "buy.paddle.com", "checkout.paddle.com"],
    ...["pay.paddle.io", "checkout.lemonsqueezy.com", "2checkout.com", "fastspring.com"],
    ...["chargebee.com", "recurly.com", "gocardless.com", "checkout.revolut.com"],
    ...["authorize.net", "cybersource.com", "bluesnap.com", "moneris.com", "convergepay.com"],
    ...["realexpayments.com", "globalpay.com", "sagepay.com", "opayo.eu.elavon.com"],
    ...["safecharge.com", "saferpay.com", "datatrans.com", "payrexx.com", "twint.ch"],
    ...["computop-paygate.com", "unzer.com", "novalnet.de", "ratepay.com", "paydirekt.de"],
    ...["giropay.de", "wero-wallet.eu", "ideal.nl", "bancontact.com", "trustly.com"],
    ...["multisafepay.com", "pay.nl", "buckaroo.nl", "przelewy24.pl", "tpay.com", "dotpay.pl"],
    ...["payu.*", "payu.in", "secure.payu.com", "blik.com", "gopay.com", "comgate.cz"],
    ...["swish.nu", "vipps.no", "mobilepay.dk", "quickpay.net", "dibspayment.eu"],
    ...["redsys.es", "xpay.nexi.it", "payline.com", "paybox.com", "hipay.com", "payzen.eu"],
    ...["skrill.com", "neteller.com", "paysafecard.com", "paysafe.com", "iyzico.com"],
    ...["iyzipay.com", "razorpay.com", "paytm.com", "paytm.in", "phonepe.com", "cashfree.com"],
    ...["ccavenue.com", "billdesk.com", "instamojo.com", "mercadopago.*", "pagseguro.uol.com.br"],
    ...["pagseguro.com.br", "payfast.co.za", "payfast.io", "paystack.com", "flutterwave.com"],
    ...["alipay.com", "wx.tenpay.com", "pay.line.me", "web-pay.line.me", "kakaopay.com"],
    ...["tosspayments.com", "pay.toss.im", "pay.naver.com", "paypay.ne.jp", "pay.rakuten.co.jp"],
    ...["yookassa.ru", "yoomoney.ru", "robokassa.ru", "cloudpayments.ru", "securepay.tinkoff.ru"],
    ...["commerce.coinbase.com", "bitpay.com"],
  ],
  // Banks' confirmations of card payments (3-D Secure), by the operators of access control servers.
  bank: [
    ...["cardinalcommerce.com", "arcot.com", "rsa3dsauth.com", "rsa3dsauth.co.uk"],
    ...["securesuite.co.uk", "securesuite.net", "3dsecure.io", "wlp-acs.com", "acs.sia.eu"],
    ...["touchtechpayments.com", "apata.io", "gpayments.com", "modirum.com", "netcetera.com"],
    ...["acs.touch.tech", "verifiedbyvisa.com", "mastercardsecurecode.com", "3dsecure.no"],
  ],
  // Pages of identity providers. GitHub and Facebook sign in on the hosts of their sites.
  sign_in: [
    ...["accounts.google.com", "accounts.youtube.com", "appleid.apple.com", "account.apple.com"],
    ...["login.microsoftonline.com", "login.microsoft.com", "login.live.com", "account.live.com"],
    ...["b2clogin.com", "ciamlogin.com", "auth0.com", "okta.com", "okta-emea.com", "onelogin.com"],
    ...["amazoncognito.com", "authkit.app", "api.workos.com", "accounts.dev", "stytch.com"],
    ...["login.yahoo.com", "id.atlassian.com", "login.salesforce.com", "id.twitch.tv"],
    ...["passport.yandex.*", "id.vk.com", "id.vk.ru", "oauth.vk.com", "accounts.kakao.com"],
    ...["kauth.kakao.com", "nid.naver.com", "access.line.me", "itsme.be"],
  ],
};

/** First labels of banks' hosts for 3-D Secure, below a domain: `acs.bank.example`, not `acs.org`. */
export const BANK_PREFIXES: readonly string[] = [
  ...["3ds.", "3ds2.", "3dsecure.", "3d-secure.", "3dss.", "acs.", "acs1.", "acs2.", "acs3."],
  ...["3dsacs.", "acs3ds.", "secureacs.", "secure-acs.", "3ds-acs.", "acs-3ds."],
];
