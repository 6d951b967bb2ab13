# Makes glmnet.json: Rscript glmnet.R > glmnet.json
# Small data and the coefficients of R's glmnet on them, as exact as its coordinate descent gets.
# A row of coefficients for each lambda, the intercept first; lambda and data go along.
suppressMessages(library(glmnet))
glmnet.control(fdev = 0, devmax = 1, mxitnr = 1000)
set.seed(20240131)
n <- 40
p <- 6
x <- round(matrix(rnorm(n * p), n, p) %*% diag(c(1, 2, 0.5, 1, 3, 1)), 3)
x[, 4] <- round(x[, 1] + 0.5 * x[, 4], 3)
eta <- x[, 1] - 0.4 * x[, 2] + 0.6 * x[, 3]
binary <- rbinom(n, 1, plogis(eta))
counts <- rpois(n, exp(0.4 * eta))
classes <- apply(cbind(eta, -eta, 0.5 * x[, 5]) + matrix(rexp(3 * n), n), 1, which.max) - 1
targets <- round(cbind(eta, -0.5 * eta + x[, 5]) + matrix(rnorm(2 * n), n), 3)
times <- ceiling(8 * rexp(n) * exp(-0.5 * eta)) # rounded up: with ties
events <- rbinom(n, 1, 0.7)
weights <- sample(1:3, n, replace = TRUE)
offset <- round(rnorm(n) / 3, 3)

numbers <- function(v) paste(format(as.numeric(v), digits = 16, trim = TRUE), collapse = ", ")
rows <- function(m) paste0("[", apply(as.matrix(m), 1, numbers), "]", collapse = ",\n  ")

fit <- function(name, y, lambda, ...) {
  m <- glmnet(x, y, lambda = lambda, thresh = 1e-14, maxit = 1e7, ...)
  parts <- if (is.list(m$beta)) lapply(seq_along(m$beta), function(k) rbind(m$a0[k, ], m$beta[[k]]))
  else list(if (is.null(m$a0)) m$beta else rbind(m$a0, m$beta))
  blocks <- sapply(parts, function(b) paste0("[", rows(t(as.matrix(b))), "]"))
  cat(sprintf(
    '"%s": {"lambda": [%s], "dev_ratio": [%s],\n "coef": [%s]}', name,
    numbers(m$lambda), numbers(m$dev.ratio), paste(blocks, collapse = ",\n ")
  ))
}

cat('{"glmnet": "', as.character(packageVersion("glmnet")), '", "R": "', R.version.string, '",\n', sep = "")
for (part in c("x", "targets")) cat(sprintf('"%s": [%s],\n', part, rows(get(part))))
for (part in c("binary", "counts", "classes", "times", "events", "weights", "offset")) {
  cat(sprintf('"%s": [%s],\n', part, numbers(get(part))))
}
few <- c(0.15, 0.05, 0.01)
fit("binomial_lasso", binary, few, family = "binomial")
cat(",\n")
fit("binomial_weighted_mixture", binary, few, family = "binomial", weights = weights, alpha = 0.5, standardize = FALSE)
cat(",\n")
fit("poisson_lasso", counts, few, family = "poisson")
cat(",\n")
fit("poisson_offset_mixture", counts, few, family = "poisson", offset = offset, alpha = 0.3)
cat(",\n")
surv <- cbind(time = times, status = events)
fit("cox_lasso", surv, few, family = "cox")
cat(",\n")
fit("cox_weighted_mixture", surv, few, family = "cox", weights = weights, alpha = 0.5)
cat(",\n")
fit("multinomial_lasso", factor(classes), few, family = "multinomial")
cat(",\n")
fit("multinomial_mixture", factor(classes), few, family = "multinomial", alpha = 0.5)
cat(",\n")
fit("multinomial_grouped", factor(classes), few, family = "multinomial", type.multinomial = "grouped")
cat(",\n")
fit("mgaussian_lasso", targets, few, family = "mgaussian")
cat("}\n")
